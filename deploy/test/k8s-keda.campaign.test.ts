/**
 * KEDA scales what the chart asks it to, by real signals: the notifier by the lag of a real consumer in JetStream, the
 * edge by the sockets that a real Prometheus read from a real edge. Up only: an autoscaler takes no pod away while it does
 * not know their CPU, and nodes that run nothing have none. `KUBECONFIG=... ./rollcall test campaign k8s-keda`;
 * SIGNALS_HOST is this machine as KEDA sees it.
 */

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import {
  type Cluster,
  freePort,
  type NatsServer,
  startChild,
  startCluster,
  startNats,
  tempFolder,
  waitFor,
} from "@rollcall/testkit";
import { afterAll, beforeAll, test } from "vitest";
import { stringify } from "yaml";
import { merged, minimal } from "../helm/cases.ts";
import { CHART } from "../helm/generate.ts";
import { connect, connectKeda, createNamespace, helm, list } from "./kubernetes.ts";

const NAMESPACE = `rollcall-keda-${process.pid}`;
const HOST = process.env.SIGNALS_HOST ?? "127.0.0.1";
/** KEDA asks each half minute, the autoscaler each quarter. */
const PATIENCE = { timeoutMs: 240_000, everyMs: 1_000 };
const [SOCKETS, SOCKETS_PER_POD] = [20, 5];
const [EVENTS, EVENTS_PER_POD] = [4_000, 1_000];

const folder = tempFolder("keda");
const undo: (() => unknown)[] = [];
let nats: NatsServer;
let cluster: Cluster;

beforeAll(async () => {
  connect();
  connectKeda();
  if (spawnSync("prometheus", ["--version"]).error !== undefined) {
    throw new Error(
      "prometheus is not in PATH: apt-get install prometheus, or ./rollcall up --observe, which unpacks it",
    );
  }
  const [monitoring, prometheus] = [await freePort(), await freePort()];
  nats = await startNats({ args: ["-m", String(monitoring)] });
  undo.push(() => nats.close());
  const contractsDir = join(import.meta.dirname, "contracts");
  cluster = await startCluster({ nats, edges: 1, contractsDir, traces: false, env: { INSTALL: "rollcall" } });
  undo.push(() => cluster.stop());

  const [edge] = cluster.edges;
  const labels = { namespace: NAMESPACE, pod: "demo-rollcall-edge-0123456789-abcde" };
  const scrape = { static_configs: [{ targets: [new URL(edge!.internalUrl).host], labels }] };
  const config = { global: { scrape_interval: "2s" }, scrape_configs: [{ job_name: "rollcall", ...scrape }] };
  writeFileSync(join(folder, "prometheus.yaml"), stringify(config));
  const args = [
    `--config.file=${join(folder, "prometheus.yaml")}`,
    `--storage.tsdb.path=${join(folder, "tsdb")}`,
    `--web.listen-address=127.0.0.1:${prometheus}`,
  ];
  const child = await startChild({ command: "prometheus", args, env: process.env, logFile: join(folder, "log") });
  undo.push(() => child.end());

  undo.push(createNamespace(NAMESPACE));
  const keda = { mode: "keda", minReplicas: 1, maxReplicas: 6 };
  const values = merged(minimal, {
    edge: { autoscaling: { ...keda, sockets: SOCKETS_PER_POD, prometheusUrl: `http://${HOST}:${prometheus}` } },
    notifier: { autoscaling: { ...keda, lag: EVENTS_PER_POD, natsMonitoring: `${HOST}:${monitoring}` } },
  });
  writeFileSync(join(folder, "values.yaml"), stringify(values));
  helm(["install", "demo", CHART, "--namespace", NAMESPACE, "--values", join(folder, "values.yaml"), "--wait"]);
  undo.push(() => helm(["uninstall", "demo", "--namespace", NAMESPACE, "--wait"]));
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

const replicasOf = (service: string) =>
  Number(list(NAMESPACE, "deployments", `app.kubernetes.io/component=${service}`)[0]?.status?.readyReplicas);
/** How long it takes, for the table of results. */
async function becomes(service: string, wanted: number): Promise<void> {
  const from = replicasOf(service);
  const startedAt = performance.now();
  await waitFor(() => replicasOf(service) === wanted, {
    ...PATIENCE,
    what: () => `${wanted} of ${service}; there are ${replicasOf(service)}`,
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  console.log(`${service}: ${from} to ${replicasOf(service)} in ${seconds} s`);
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

test("the edge by its sockets", async () => {
  const people = await Promise.all(Array.from({ length: SOCKETS }, (_, i) => cluster.client(0, { user: `u${i}` })));
  for (const one of people) await one.ready();
  await becomes("edge", SOCKETS / SOCKETS_PER_POD);
});
