import { startCluster } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { CONTRACT } from "./harness.ts";
import { ROLLING_CONTRACT, rollingRestart } from "./rolling-deploy.ts";

it("[P3] a rolling restart of three edges shows nobody offline and nobody leaving, and loses nothing durable", async () => {
  const admissionsPerSecond = 200;
  await using cluster = await startCluster({
    edges: 3,
    contractsDir: [CONTRACT, ROLLING_CONTRACT],
    traces: false,
    env: { GRACE_MS: "5000" },
    envOf: { edge: { DRAIN_MS: "2000", ADMISSIONS_PER_SECOND: String(admissionsPerSecond) } },
  });
  await rollingRestart(cluster, { clients: 60, rooms: 6, eventsPerSecond: 20, admissionsPerSecond });
  for (const edge of cluster.edges) {
    expect(edge.logs().filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
  }
});
