/** `./rollcall ...` in this process. */

import { type Env, systemClock, systemRandom } from "@rollcall/runtime";
import { checkoutRoot, homeOf } from "../src/home.ts";
import { runProgram } from "../src/program.ts";
import { recordingTerminal } from "../src/terminal.ts";

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export const runCommand = (...args: string[]): Promise<Ran> => runCommandWith({}, args);

/** Where no cluster runs. */
export async function runCommandWith(env: Env, args: readonly string[]): Promise<Ran> {
  const terminal = recordingTerminal();
  const code = await runProgram(args, {
    home: { ...homeOf(checkoutRoot()), state: "/nowhere/state.json" },
    env,
    clock: systemClock,
    random: systemRandom,
    terminal,
    cwd: "/",
  });
  return { code, stdout: terminal.stdout.join("\n"), stderr: terminal.stderr.join("\n") };
}
