/**
 * A terminal for guides: runs one command at a time in Bash, and keeps folder, exported variables and `$?` from one to
 * the next. Both of a command's streams are what it prints, as a person sees them.
 */

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { reap } from "../reaper.ts";
import { tempFolder } from "../temp.ts";

/** Of a whole session: a guide that prints more is wrong. */
const MAX_CHARS = 1_000_000;

/** $1: what the last command left, $2: the command. One stream, so that the order is the order of printing. */
const SCRIPT = `exec 2>&1
source "$1"; eval "$2"
code=$?
{ export -p; printf 'cd %q\\n(exit %d)\\n' "$PWD" "$code"; } >"$1"
exit "$code"`;

export interface TerminalOptions {
  cwd: string;
  env: Record<string, string>;
}

interface Running {
  pid: number;
  ended: Promise<number>;
}

export class DocTerminal {
  readonly #state = join(tempFolder("terminal"), "state");
  readonly #options: TerminalOptions;
  #running: Running | undefined;
  #printed = "";
  /** Lines that were looked at already. */
  #seen = 0;

  constructor(options: TerminalOptions) {
    this.#options = options;
    writeFileSync(this.#state, "(exit 0)\n");
  }

  /** Printed since {@link taken}; the last line may not be complete. */
  get lines(): string[] {
    const lines = this.#printed.split("\n").slice(this.#seen);
    return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  }

  taken(lines: number): void {
    this.#seen += lines;
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Starts it; {@link ended} tells how it ends. */
  start(command: string): void {
    if (this.isBusy) throw new Error("a command still runs here");
    this.#printed = "";
    this.#seen = 0;
    const { cwd, env } = this.#options;
    const child = spawn("bash", ["-c", SCRIPT, "bash", this.#state, command], {
      cwd,
      env,
      // Its own group, so that an interrupt reaches all of it.
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const pid = child.pid;
    if (pid === undefined) throw new Error("bash cannot be started");
    reap.started(-pid);
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (text: string) => {
      if (this.#printed.length < MAX_CHARS) this.#printed += text;
    });
    const ended = new Promise<number>((resolve) => {
      child.once("close", (code) => {
        reap.ended(-pid);
        this.#running = undefined;
        resolve(code ?? 1);
      });
    });
    this.#running = { pid, ended };
  }

  /** Its exit code. */
  async ended(): Promise<number> {
    return (await this.#running?.ended) ?? 0;
  }

  async interrupt(signal: NodeJS.Signals = "SIGINT"): Promise<void> {
    if (this.#running === undefined) return;
    process.kill(-this.#running.pid, signal);
    await this.#running.ended;
  }
}
