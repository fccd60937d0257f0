/**
 * KEDA scales what the chart asks it to, up and down, by real signals: the notifier by the lag of a real consumer in
 * JetStream, the edge by the sockets that a real Prometheus read from a real edge. Only the CPU is told by the test: nodes
 * that run nothing use none. `KUBECONFIG=... ./rollcall test campaign k8s-keda`; SIGNALS_HOST is this machine as the
 * cluster sees it.
 */

import { deepEqual, equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import {
  type Child,
  type Cluster,
  freePort,
  type NatsServer,
  startChild,
  startCluster,
  startNats,
  type TestClient,
  tempFolder,
  waitFor,
} from "@rollcall/testkit";
import { afterAll, beforeAll, test } from "vitest";
import { stringify } from "yaml";
import { merged, minimal } from "../helm/cases.ts";
import { CHART } from "../helm/generate.ts";
import { connect, connectKeda, createNamespace, helm, listMeanwhile } from "./kubernetes.ts";
import { serveResourceMetrics } from "./resource-metrics.ts";

const NAMESPACE = `rollcall-keda-${process.pid}`;
const HOST = process.env.SIGNALS_HOST ?? "127.0.0.1";
/** KEDA asks each half minute, the autoscaler each quarter; it takes one pod a minute. */
const PATIENCE = { timeoutMs: 420_000, everyMs: 1_000 };
/** As long as the autoscaler would need to take another. */
const HELD_MS = 90_000;
const [SOCKETS, SOCKETS_PER_POD] = [20, 5];
const STAYING = SOCKETS / 2 / SOCKETS_PER_POD;
const [EVENTS, EVENTS_PER_POD] = [4_000, 1_000];

const folder = tempFolder("keda");
const undo: (() => unknown)[] = [];
let nats: NatsServer;
let cluster: Cluster;
let prometheus: Child;
let prometheusUrl: string;

beforeAll(async () => {
  connect();
  connectKeda();
  if (spawnSync("prometheus", ["--version"]).error !== undefined) {
    throw new Error(
      "prometheus is not in PATH: apt-get install prometheus, or ./rollcall up --observe, which unpacks it",
    );
  }
  const monitoring = await freePort();
  nats = await startNats({ args: ["-m", String(monitoring)] });
  undo.push(() => nats.close());
  const contractsDir = join(import.meta.dirname, "contracts");
  cluster = await startCluster({ nats, edges: 1, contractsDir, traces: false, env: { INSTALL: "rollcall" } });
  undo.push(() => cluster.stop());

  prometheusUrl = `http://${HOST}:${await freePort()}`;
  configurePrometheus(cluster.edges);
  const args = [
    `--config.file=${join(folder, "prometheus.yaml")}`,
    `--storage.tsdb.path=${join(folder, "tsdb")}`,
    `--web.listen-address=${new URL(prometheusUrl).host}`,
  ];
  prometheus = await startChild({ command: "prometheus", args, env: process.env, logFile: join(folder, "log") });
  undo.push(() => prometheus.end());

  undo.push(await serveResourceMetrics(HOST), createNamespace(NAMESPACE));
  const keda = { mode: "keda", minReplicas: 1, maxReplicas: 6, scaleDownSeconds: 0 };
  const values = merged(minimal, {
    edge: { autoscaling: { ...keda, sockets: SOCKETS_PER_POD, prometheusUrl } },
    notifier: { autoscaling: { ...keda, lag: EVENTS_PER_POD, natsMonitoring: `${HOST}:${monitoring}` } },
  });
  writeFileSync(join(folder, "values.yaml"), stringify(values));
  helm(["install", "demo", CHART, "--namespace", NAMESPACE, "--values", join(folder, "values.yaml"), "--wait"]);
  undo.push(() => helm(["uninstall", "demo", "--namespace", NAMESPACE, "--wait"]));
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

/** It reads these edges, as if they were pods of the release. */
function configurePrometheus(edges: Cluster["edges"]): void {
  const labels = { namespace: NAMESPACE, pod: "demo-rollcall-edge-0123456789-abcde" };
  const targets = edges.map(({ internalUrl }) => new URL(internalUrl).host);
  const scrape = { static_configs: [{ targets, labels }] };
  const config = { global: { scrape_interval: "2s" }, scrape_configs: [{ job_name: "rollcall", ...scrape }] };
  writeFileSync(join(folder, "prometheus.yaml"), stringify(config));
}

async function replicasOf(service: string): Promise<number> {
  const [deployment] = await listMeanwhile(NAMESPACE, "deployments", `app.kubernetes.io/component=${service}`);
  return Number(deployment?.status?.readyReplicas);
}
/** How long it takes, for the table of results. */
async function becomes(service: string, wanted: number): Promise<void> {
  const from = await replicasOf(service);
  const startedAt = performance.now();
  let there = from;
  await waitFor(
    async () => {
      there = await replicasOf(service);
      return there === wanted;
    },
    { ...PATIENCE, what: () => `${wanted} of ${service}; there are ${there}` },
  );
  console.log(`${service}: ${from} to ${wanted} in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
}
/** Of the pods that are there meanwhile, the fewest. */
async function fewestFor(service: string, ms: number): Promise<number> {
  let fewest = await replicasOf(service);
  const end = performance.now() + ms;
  const isOver = async () => {
    fewest = Math.min(fewest, await replicasOf(service));
    return performance.now() >= end;
  };
  await waitFor(isOver, { ...PATIENCE, what: "the time to be over" });
  return fewest;
}

test("the notifier by what waits for its consumer, which has the name that the chart says", async () => {
  for (const notifier of cluster.notifiers) notifier.pause();
  const nc = await nats.connect();
  const js = jetstream(nc);
  for (let n = 0; n < EVENTS; n += 500) {
    await Promise.all(Array.from({ length: 500 }, () => js.publish("events.main.builds.finished", '{"doc":"plan"}')));
  }
  await becomes("notifier", EVENTS / EVENTS_PER_POD);
  for (const notifier of cluster.notifiers) notifier.resume();
  await nc.close();
});

test("and back to its least when nothing waits any more", () => becomes("notifier", 1));

let people: TestClient[] = [];
test("the edge by its sockets", async () => {
  people = await Promise.all(Array.from({ length: SOCKETS }, (_, i) => cluster.client(0, { user: `u${i}` })));
  for (const one of people) await one.ready();
  await becomes("edge", SOCKETS / SOCKETS_PER_POD);
});

test("as far down as its sockets went, and no further while they stay", async () => {
  const stay = people.splice(SOCKETS / 2);
  for (const one of people) await one.close();
  people = stay;
  await becomes("edge", STAYING);
  equal(await fewestFor("edge", HELD_MS), STAYING);
  deepEqual([...new Set(people.flatMap(({ disconnects }) => disconnects))], []);
});

test("no further while Prometheus knows nothing of the edges", async () => {
  configurePrometheus([]);
  process.kill(prometheus.pid, "SIGHUP");
  const known = async () => {
    const answer = await fetch(`${prometheusUrl}/api/v1/query?query=rollcall_edge_sockets`);
    return ((await answer.json()) as { data: { result: unknown[] } }).data.result.length;
  };
  await waitFor(async () => (await known()) === 0, { ...PATIENCE, what: "the edges to be unknown" });
  equal(await fewestFor("edge", HELD_MS), STAYING);
  configurePrometheus(cluster.edges);
  process.kill(prometheus.pid, "SIGHUP");
});

test("to its least when the last is gone", async () => {
  for (const one of people) await one.close();
  await becomes("edge", 1);
});
