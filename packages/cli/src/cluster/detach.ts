/** `up --detach`: another process becomes the supervisor; this one passes its words on and leaves when it is ready. */

import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { CliError, type Context } from "../context.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { readState } from "./state.ts";
import type { UpOptions } from "./up.ts";

export type DetachedUp = UpOptions;

const POLL_MS = 100;

/** Resolves when the cluster is ready; rejects with the exit code of a supervisor that ended before. */
export async function upDetached(options: DetachedUp, context: Context): Promise<void> {
  const { home, terminal, clock, env, cwd } = context;
  mkdirSync(home.folder, { recursive: true });
  const words = join(home.folder, "up.log");
  const output = openSync(words, "w", 0o600);
  const child = spawn(
    process.execPath,
    [join(home.root, "packages/cli/src/main.ts"), "up", "--detached", ...argumentsOf(options)],
    {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ["ignore", output, output],
    },
  );
  closeSync(output);
  const ended = new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => resolve(code ?? 1));
    child.once("error", reject);
  });
  const interrupts = listenForInterrupts();
  void interrupts.first.then(() => child.kill("SIGTERM"));
  const say = options.json === true ? terminal.note : terminal.out;
  const tail = follow(words);
  try {
    for (;;) {
      const code = await Promise.race([ended, clock.sleep(POLL_MS).then(() => undefined)]);
      const state = readState(home.state);
      const ready = state?.supervisor.pid === child.pid && state?.status.ready === true;
      for (const line of tail.lines()) say(line);
      if (code !== undefined) throw new CliError("the cluster did not start", { exitCode: code === 0 ? 1 : code });
      if (!ready) continue;
      if (options.json === true) terminal.json(state?.status);
      break;
    }
    // It says what to try next right after it is ready.
    await clock.sleep(POLL_MS);
    for (const line of tail.lines()) say(line);
  } finally {
    tail.close();
    interrupts.dispose();
    child.unref();
  }
}

function argumentsOf(options: DetachedUp): string[] {
  return [
    ...["--edges", String(options.edges), "--presence", String(options.presence)],
    ...["--notifiers", String(options.notifiers), "--base-port", String(options.basePort)],
    ...options.contracts.flatMap((path) => ["--contracts", path]),
    ...(options.channels === undefined ? [] : ["--channels", options.channels]),
    ...(options.observe === true ? ["--observe"] : []),
    ...(options.fresh ? ["--fresh"] : []),
    ...(options.restart ? [] : ["--no-restart"]),
  ];
}

/** Whole lines that were added to a file since the last call. */
function follow(file: string): { lines(): string[]; close(): void } {
  const descriptor = openSync(file, "r");
  const buffer = Buffer.alloc(64 * 1024);
  let rest = "";
  return {
    lines() {
      for (let read = 1; read > 0; ) {
        read = readSync(descriptor, buffer, 0, buffer.length, null);
        rest += buffer.toString("utf8", 0, read);
      }
      const parts = rest.split("\n");
      rest = parts.pop() ?? "";
      return parts;
    },
    close: () => closeSync(descriptor),
  };
}
