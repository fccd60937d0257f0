/**
 * X5 at length: 20,000 sampled emits of every path, handed to clients while each process is stopped, killed and
 * started again. Which of them carry the trace of their origin, and which of the trees are whole?
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { systemClock } from "@rollcall/runtime";
import { type Collector, startCollector } from "@rollcall/telemetry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster, tempFolder, waitFor } from "../src/index.ts";
import { E2E_CONTRACTS } from "./contracts.ts";
import { CALLER, type Listener, Origins, PATHS } from "./lineage/origins.ts";

const DELIVERED = 20_000;
const LISTENERS_PER_EDGE = 5;
/** Between two rounds of one action per path. */
const EVERY_MS = 250;
/** Nothing more is on its way. */
const QUIET_MS = 5_000;

let collector: Collector;
let cluster: Cluster;
let origins: Origins;
let listeners: Listener[];
let mover: Listener;

const listener = async (edge: number, user: string): Promise<Listener> => {
  const client = await cluster.client(edge, { user });
  await client.ready();
  return { client, edge: `edge-${edge + 1}`, user };
};

beforeAll(async () => {
  collector = await startCollector({ maxTraces: 100_000 });
  const channels = join(tempFolder("channels"), "channels.yaml");
  writeFileSync(channels, "channels: { pager: { type: nats } }\n");
  cluster = await startCluster({
    edges: 2,
    presence: 2,
    notifiers: 2,
    contractsDir: [E2E_CONTRACTS, join(import.meta.dirname, "lineage.yaml")],
    traces: false,
    readyTimeoutMs: 240_000,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TRACE_RATIO: "1" },
    envOf: { notifier: { CHANNELS: channels } },
  });
  origins = new Origins(await connect({ servers: cluster.natsUrl }), cluster.install);
  listeners = [];
  for (const edge of [0, 1]) {
    for (let i = 0; i < LISTENERS_PER_EDGE; i++) listeners.push(await listener(edge, `u${edge}${i}`));
  }
  mover = await listener(1, "mover");
  origins.move(mover);
  for (const one of listeners) origins.listen(one);
});
afterAll(async () => {
  await cluster?.stop();
  await collector?.close();
});

/** Every process in turn: stopped and started again, then one of each kind killed. */
async function restarts(): Promise<number> {
  for (const service of cluster.services) await service.restart();
  for (const { kind } of [cluster.edges[0]!, cluster.presence[0]!, cluster.notifiers[0]!]) {
    const victim = cluster.services.find((service) => service.kind === kind)!;
    await victim.kill("SIGKILL");
    await victim.restart();
  }
  return cluster.services.length + 3;
}

test(`[X5] ${DELIVERED} delivered emits under restarts of every service`, async () => {
  let isOver = false;
  const restarting = restarts().finally(() => {
    isOver = true;
  });
  restarting.catch(() => undefined); // told below
  for (let round = 0; !isOver || origins.delivered < DELIVERED; round++) {
    const there = listeners.filter(({ client }) => client.socket.connected);
    const to = listeners[(round * 7) % listeners.length]!;
    await systemClock.sleep(EVERY_MS);
    if (there.length > 0 && mover.client.socket.connected) void origins.act(there[round % there.length]!, mover, to);
  }
  const restarted = await restarting;

  let seen = { delivered: -1, atMs: 0 };
  await waitFor(
    () => {
      const now = { delivered: origins.delivered, atMs: systemClock.monotonic() };
      if (now.delivered !== seen.delivered) seen = now;
      return now.atMs - seen.atMs >= QUIET_MS;
    },
    { timeoutMs: 60_000, everyMs: 500, what: () => `nothing more to come after ${seen.delivered} deliveries` },
  );

  const rows = PATHS.map((path) => {
    const { delivered, carried, traces, strays } = origins.tallies.get(path)!;
    const broken = [...traces].filter(([trace, edges]) => !isWhole(trace, edges)).length;
    return { path, delivered, carried, trees: traces.size, whole: traces.size - broken, strays };
  });
  const sum = (of: "delivered" | "carried" | "trees" | "whole") => rows.reduce((all, row) => all + row[of], 0);
  const total = { delivered: sum("delivered"), carried: sum("carried"), trees: sum("trees"), whole: sum("whole") };
  report({ restarted, rows, total });
  for (const { path, delivered } of rows) expect(delivered, path).toBeGreaterThan(0);
  expect(total.carried / total.delivered).toBeGreaterThanOrEqual(0.999);
  expect(total.whole / total.trees).toBeGreaterThanOrEqual(0.99);
});

/** No span without its parent, and a delivery on each edge whose clients were handed it. */
function isWhole(trace: string, edges: ReadonlySet<string>): boolean {
  const spans = collector.trace(trace);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const hasParents = spans.every(({ parentSpanId: parent = CALLER }) => parent === CALLER || ids.has(parent));
  const delivering = new Set(spans.filter(({ name }) => name.startsWith("deliver ")).map(({ instance }) => instance));
  return hasParents && [...edges].every((edge) => delivering.has(edge));
}

function report(result: { restarted: number; rows: object[]; total: object }): void {
  const folder = join(import.meta.dirname, "../../../loadtest/results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "lineage.json"), `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
}
