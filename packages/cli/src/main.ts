/** The program behind `./rollcall`. */

import { processEnv, systemClock, systemRandom } from "@rollcall/runtime";
import { checkoutRoot, homeOf } from "./home.ts";
import { runProgram } from "./program.ts";
import { processTerminal } from "./terminal.ts";

process.exitCode = await runProgram(process.argv.slice(2), {
  home: homeOf(checkoutRoot()),
  env: processEnv(),
  clock: systemClock,
  random: systemRandom,
  terminal: processTerminal(),
  cwd: process.cwd(),
});
