/** The program behind `./rollcall`. */

import { processEnv, systemClock, systemRandom } from "@rollcall/runtime";
import { endWithReader } from "./broken-pipe.ts";
import { checkoutRoot, homeOf } from "./home.ts";
import { runProgram } from "./program.ts";
import { processTerminal } from "./terminal.ts";

endWithReader();
process.exitCode = await runProgram(process.argv.slice(2), {
  home: homeOf(checkoutRoot()),
  env: processEnv(),
  clock: systemClock,
  random: systemRandom,
  terminal: processTerminal(),
  cwd: process.cwd(),
});
