/**
 * Two releases in one cluster: while people sit in rooms and durable events arrive for them, each service is replaced by
 * the other release, in three orders that pass through all mixtures, up and back again. At every stop old and new speak
 * with each other. `PREVIOUS=<tag or commit> ./rollcall test campaign mixed`; by default the newest tag.
 */

import { deepEqual } from "node:assert/strict";
import { loadavg } from "node:os";
import { join } from "node:path";
import { REPOSITORY, type ServiceKind, startCluster, tempFolder } from "@rollcall/testkit";
import { beforeAll, test } from "vitest";
import { ROLLING_CONTRACT, rollingRestart } from "../../services/edge/test/rolling-deploy.ts";
import { bring, edgeDies, meet, previousRelease } from "./mixed.ts";

const CONTRACT = join(REPOSITORY, "services/edge/test/contract.yaml");
const LOAD = { clients: 30, rooms: 3, eventsPerSecond: 20, admissionsPerSecond: 200 };
type Release = "previous" | "this";
const roots: Record<Release, string> = { previous: join(tempFolder("mixed"), "previous"), this: REPOSITORY };

beforeAll(() => {
  const ref = previousRelease(process.env.PREVIOUS);
  console.log(`beside this commit runs ${ref}`);
  bring(ref, roots.previous);
});

const ORDERS: ServiceKind[][] = [
  ["presence", "notifier", "edge"],
  ["edge", "presence", "notifier"],
  ["notifier", "edge", "presence"],
];
const WAYS = (["this", "previous"] as const).flatMap((to) =>
  ORDERS.map((order) => [to === "this" ? "an upgrade" : "a rollback", order.join(", "), order, to] as const),
);

test.each(WAYS)(
  "[P3] %s, %s: all works at every stop, nobody is shown gone, nothing durable is lost",
  async (what, _, order, to) => {
    const from: Release = to === "this" ? "previous" : "this";
    const running: Record<ServiceKind, Release> = { edge: from, presence: from, notifier: from };
    await using cluster = await startCluster({
      edges: 3,
      presence: 2,
      notifiers: 2,
      contractsDir: [CONTRACT, ROLLING_CONTRACT],
      traces: false,
      readyTimeoutMs: 180_000,
      // A grace and pings that a busy machine does not exceed: whom it shows gone, a release has lost.
      env: { GRACE_MS: "16000", PING_INTERVAL_MS: "6000", PING_TIMEOUT_MS: "10000" },
      envOf: { edge: { DRAIN_MS: "2000", ADMISSIONS_PER_SECOND: String(LOAD.admissionsPerSecond) } },
      entryOf: (kind) => join(roots[running[kind]], "services", kind, "src/main.ts"),
    });
    const { edges } = cluster;
    let stops = 0;
    const report = await rollingRestart(cluster, LOAD, async (restartEdge) => {
      for (const kind of order) {
        running[kind] = to;
        const replaced = { edge: edges, presence: cluster.presence, notifier: cluster.notifiers }[kind];
        for (const service of replaced) {
          await (kind === "edge" ? restartEdge(service) : service.restart());
          await meet(cluster, [0, edges.length - 1], `stop-${++stops}`);
        }
        await edgeDies(cluster, `death-${stops}`);
      }
    });
    const complaints = cluster.services
      .flatMap((service) => service.logs())
      .filter(({ level }) => level === "error" || level === "fatal");
    deepEqual(complaints, []);
    console.log(JSON.stringify({ what, order, stops, ...report, load: loadavg()[0]!.toFixed(1) }));
  },
);
