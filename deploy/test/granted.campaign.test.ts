/**
 * The tests of whole clusters once more, unchanged, with every service held to its grants on Redis and NATS, over TLS.
 * `./rollcall test campaign granted`.
 */

import { deepEqual, ok } from "node:assert/strict";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "@rollcall/testkit";
import { describe, test, vi } from "vitest";
import { startGranted } from "./granted.ts";
import { ROOT } from "./tools.ts";

const seen = vi.hoisted(() => ({ clusters: [] as Cluster[], refused: [] as string[] }));
vi.mock(import("../../packages/testkit/src/cluster.ts"), async (original) => {
  const actual = await original();
  return {
    ...actual,
    async startCluster(options = {}) {
      const cluster = await startGranted(actual.startCluster, options, seen.refused);
      seen.clusters.push(cluster);
      return cluster;
    },
  };
});

/** Bring servers of their own, end those there are, or have the CLI start them. */
const OTHERS = [
  ...["docs", "faults-scaled", "readyz", "sentinel"].map((name) => `packages/testkit/test/${name}.e2e.test.ts`),
  "packages/client/test/packed.e2e.test.ts", // starts nothing
];
/** All others, lest one that is new be forgotten. */
const files = globSync("{packages/{testkit,client},services/*}/{src,test}/*.e2e.test.ts", {
  cwd: ROOT,
  exclude: OTHERS,
}).toSorted();
for (const file of files) {
  describe(file, () => import(join(ROOT, file)).then(() => undefined));
}

test("no service was refused anything, by either server", () => {
  ok(seen.clusters.length >= files.length, `${seen.clusters.length} clusters for ${files}`);
  deepEqual(seen.refused, []);
  for (const { logFolder } of seen.clusters) {
    for (const name of readdirSync(logFolder)) {
      const denied = readFileSync(join(logFolder, name), "utf8").match(/.*(permissions violation|NOPERM).*/i);
      deepEqual(denied?.[0], undefined, name);
    }
  }
});
