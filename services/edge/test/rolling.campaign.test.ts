import { startCluster } from "@rollcall/testkit";
import { it } from "vitest";
import { CONTRACT } from "./harness.ts";
import { rollingRestart } from "./rolling.ts";

it("[P3] a rolling restart of three edges under 3,000 clients, with the true bounds", async () => {
  await using cluster = await startCluster({
    edges: 3,
    notifiers: 0,
    contractsDir: CONTRACT,
    traces: false,
    scaled: false,
  });
  await rollingRestart(cluster, { clients: 3_000, rooms: 150 });
});
