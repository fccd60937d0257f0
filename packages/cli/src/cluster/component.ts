/** One process of the cluster: in a process group of its own, so that Ctrl-C reaches it through us and in our order. */

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Env } from "@rollcall/runtime";
import { identify, type ProcessIdentity } from "./identity.ts";

export interface LaunchSpec {
  command: string;
  args: readonly string[];
  env: Env;
  cwd: string;
  /** Appended to: output does not pass through us, and outlives us. */
  logFile: string;
}

export interface LaunchedProcess {
  readonly identity: ProcessIdentity;
  /** How it ended, for a person: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  /** To it and what it started. Nothing happens when it has ended. */
  signal(name: NodeJS.Signals): void;
}

/** Rejects when the program cannot be started. */
export async function launch(spec: LaunchSpec): Promise<LaunchedProcess> {
  const log = openSync(spec.logFile, "a", 0o600);
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...spec.env },
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let hasEnded = false;
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      hasEnded = true;
      resolve(signal ?? `exit code ${code}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const pid = child.pid as number;
  return {
    // One that ended at once has no start time to be read; nothing will ever match the empty one.
    identity: identify(pid) ?? { pid, started: "" },
    ended,
    hasEnded: () => hasEnded,
    signal(name) {
      if (!hasEnded) signalGroup(pid, name);
    },
  };
}

export function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
