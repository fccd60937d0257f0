/**
 * A child process with its output in a file: started, signalled, awaited, and never outliving the test process.
 * Everything that testkit launches is one of these.
 */

import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { reap } from "./reaper.ts";
import { waitFor } from "./wait-for.ts";

export interface ChildOptions {
  command: string;
  args: readonly string[];
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Output is appended, so that it survives restarts. */
  logFile: string;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Undefined while it runs. */
  exit(): Exit | undefined;
  signal(signal: NodeJS.Signals): void;
  /** The signal, then the end of the process; SIGKILL after `graceMs`. */
  end(signal?: NodeJS.Signals, graceMs?: number): Promise<Exit>;
}

const DEFAULT_END_MS = 10_000;

/** Rejects when the command cannot be started. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const log = openSync(options.logFile, "a");
  const child = spawn(options.command, [...options.args], {
    stdio: ["ignore", log, log],
    ...(options.env === undefined ? {} : { env: options.env as NodeJS.ProcessEnv }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(log);
  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => {
      reap.ended(child.pid as number);
      exit = { code, signal };
      resolve(exit);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => reject(new Error(`${options.command} cannot be started`, { cause })));
  });
  reap.started(child.pid as number);
  return {
    pid: child.pid as number,
    exited,
    exit: () => exit,
    signal: (signal) => void child.kill(signal),
    async end(signal = "SIGTERM", graceMs = DEFAULT_END_MS) {
      if (exit !== undefined) return exit;
      child.kill(signal);
      child.kill("SIGCONT"); // a paused process would not notice
      await waitFor(() => exit !== undefined, { timeoutMs: graceMs, what: "a child's end" }).catch(() =>
        child.kill("SIGKILL"),
      );
      return exited;
    },
  };
}

/** The last lines of a log file, for error messages. */
export function tail(file: string, lines = 30): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "(no output)";
  }
}
