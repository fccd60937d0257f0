/** `./rollcall ...` in this process. */

import { systemClock, systemRandom } from "@rollcall/runtime";
import { checkoutRoot, homeOf } from "../src/home.ts";
import { runProgram } from "../src/program.ts";
import { recordingTerminal } from "../src/terminal.ts";

export async function runCommand(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = recordingTerminal();
  const code = await runProgram(args, {
    home: homeOf(checkoutRoot()),
    env: {},
    clock: systemClock,
    random: systemRandom,
    terminal,
    cwd: "/",
  });
  return { code, stdout: terminal.stdout.join("\n"), stderr: terminal.stderr.join("\n") };
}
