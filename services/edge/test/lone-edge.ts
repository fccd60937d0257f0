import { type Cluster, startCluster } from "@rollcall/testkit";
import { CONTRACT } from "./harness.ts";

/** One edge as it ships, with what it needs: for what only a real process shows. `edge`: its own settings. */
export const startLoneEdge = (edge: Record<string, string>, env: Record<string, string> = {}): Promise<Cluster> =>
  startCluster({ edges: 1, notifiers: 0, contractsDir: CONTRACT, traces: false, scaled: false, env, envOf: { edge } });
