/** `./rollcall ...` in this process. */

import type { Env } from "@rollcall/runtime";
import { runProgram } from "../src/program.ts";
import { recordingTerminal } from "../src/terminal.ts";
import { contextOf } from "./context.ts";

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export const runCommand = (...args: string[]): Promise<Ran> => runCommandWith({}, args);

/** Where no cluster runs. */
export async function runCommandWith(env: Env, args: readonly string[]): Promise<Ran> {
  const terminal = recordingTerminal();
  const code = await runProgram(args, { ...contextOf(env), terminal, cwd: "/" });
  return { code, stdout: terminal.stdout.join("\n"), stderr: terminal.stderr.join("\n") };
}
