/** What a command is given, where no cluster runs. */

import { type Env, systemClock, systemRandom } from "@rollcall/runtime";
import type { Context } from "../src/context.ts";
import { checkoutRoot, homeOf } from "../src/home.ts";
import { recordingTerminal } from "../src/terminal.ts";

export const contextOf = (env: Env): Context => ({
  home: { ...homeOf(checkoutRoot()), state: "/nowhere/state.json" },
  env,
  clock: systemClock,
  random: systemRandom,
  terminal: recordingTerminal(),
  cwd: checkoutRoot(),
  exit: () => {},
});
