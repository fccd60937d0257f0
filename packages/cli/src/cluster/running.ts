/** The cluster that runs in this folder. */

import { CliError, type Context } from "../context.ts";
import { isAlive } from "./identity.ts";
import { type ClusterState, readState } from "./state.ts";

export const NOTHING_RUNS = "no cluster runs in this folder";
export const START_IT = "./rollcall up starts one.";

/** Throws what to do when none runs. */
export function runningCluster({ home }: Context): ClusterState {
  const state = readState(home.state);
  if (state === undefined || !isAlive(state.supervisor)) throw new CliError(NOTHING_RUNS, { hint: START_IT });
  return state;
}
