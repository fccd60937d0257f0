/** What a command may touch, given to it by `main.ts` and by tests, and the one kind of failure it reports. */

import type { Clock, Env, Random } from "@rollcall/runtime";
import type { Home } from "./home.ts";
import type { Terminal } from "./terminal.ts";

export interface Context {
  readonly home: Home;
  readonly env: Env;
  readonly clock: Clock;
  readonly random: Random;
  readonly terminal: Terminal;
  /** Where the user stands: relative paths in arguments start here. */
  readonly cwd: string;
  /** Ends the program with this code once the command has returned. Default 0. */
  exit(code: number): void;
}

/** 0: it is as asked. 1: it is not, or failed. 2: the command line cannot be understood. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

export interface CliErrorOptions {
  /** What the user can do about it; printed below the message. */
  hint?: string;
  exitCode?: number;
  cause?: unknown;
}

/** A failure the user can act on: printed as text, never with a stack. */
export class CliError extends Error {
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: CliErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "CliError";
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}
