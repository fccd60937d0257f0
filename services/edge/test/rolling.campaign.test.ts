import { loadavg } from "node:os";
import { startCluster } from "@rollcall/testkit";
import { it } from "vitest";
import { CONTRACT } from "./harness.ts";
import { ROLLING_CONTRACT, rollingRestart } from "./rolling-deploy.ts";

const ADMISSIONS_PER_SECOND = 200;

it("[P3] a rolling restart of three edges under 3,000 clients, with the true bounds: nobody gone, nothing durable lost", async () => {
  await using cluster = await startCluster({
    edges: 3,
    contractsDir: [CONTRACT, ROLLING_CONTRACT],
    traces: false,
    scaled: false,
    readyTimeoutMs: 180_000,
    envOf: { edge: { ADMISSIONS_PER_SECOND: String(ADMISSIONS_PER_SECOND) } },
  });
  const report = await rollingRestart(cluster, {
    clients: 3_000,
    rooms: 150,
    eventsPerSecond: 20,
    admissionsPerSecond: ADMISSIONS_PER_SECOND,
  });
  console.log(JSON.stringify({ ...report, load: loadavg()[0]!.toFixed(1) }));
});
