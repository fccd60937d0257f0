import { startCluster } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { CONTRACT } from "./harness.ts";
import { rollingRestart } from "./rolling.ts";

it("[P3] a rolling restart of three edges shows nobody offline and nobody leaving", async () => {
  await using cluster = await startCluster({
    edges: 3,
    notifiers: 0,
    contractsDir: CONTRACT,
    traces: false,
    env: { DRAIN_MS: "2000", GRACE_MS: "5000" },
  });
  await rollingRestart(cluster, { clients: 60, rooms: 6 });
  for (const edge of cluster.edges) {
    expect(edge.logs().filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
  }
});
