/**
 * The tests of whole clusters once more, unchanged, with every service held to its grants on Redis and NATS, over TLS.
 * Not those that bring servers of their own (Sentinel) or have the CLI start them. `./rollcall test campaign granted`.
 */

import { deepEqual, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "@rollcall/testkit";
import { describe, test, vi } from "vitest";
import { startGranted } from "./granted.ts";

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

describe("two edges", () => import("../../packages/testkit/test/two-edges.e2e.test.ts").then(() => undefined));
describe("an edge dies", () => import("../../packages/testkit/test/edge-crash.e2e.test.ts").then(() => undefined));
describe("outages", () => import("../../packages/testkit/test/outage.e2e.test.ts").then(() => undefined));
describe("contracts", () => import("../../packages/testkit/test/contracts-in-force.e2e.test.ts").then(() => undefined));
describe("lineage", () => import("../../packages/testkit/test/lineage.e2e.test.ts").then(() => undefined));
describe("the process", () => import("../../services/edge/test/process.e2e.test.ts").then(() => undefined));
describe("a roll", () => import("../../services/edge/test/rolling.e2e.test.ts").then(() => undefined));

test("no service was refused anything, by either server", () => {
  ok(seen.clusters.length > 0);
  deepEqual(seen.refused, []);
  for (const { logFolder } of seen.clusters) {
    for (const name of readdirSync(logFolder)) {
      const denied = readFileSync(join(logFolder, name), "utf8").match(/.*(permissions violation|NOPERM).*/i);
      deepEqual(denied?.[0], undefined, name);
    }
  }
});
