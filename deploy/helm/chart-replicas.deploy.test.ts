/**
 * What a Deployment says of its count while a scaler has it, by who owns the number in the cluster. Helm asks a server that
 * answers with one Deployment and knows nothing else; `./rollcall test campaign k8s` shows the same at a real one.
 */

import { equal, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { tempFolder } from "@rollcall/testkit";
import { afterAll, beforeAll, test } from "vitest";
import { stringify } from "yaml";
import { tool } from "../test/tools.ts";
import { merged, minimal, type Values } from "./cases.ts";
import { CHART } from "./generate.ts";
import { parseManifests } from "./manifests.ts";

const folder = tempFolder("chart-replicas");
const files = { kubeconfig: join(folder, "kubeconfig"), values: join(folder, "values.yaml") };
/** Asks the cluster, but for nothing else than what the templates ask. */
const CLUSTER = ["--dry-run=server", "--disable-openapi-validation", "--is-upgrade"];
const EDGE = "/apis/apps/v1/namespaces/live/deployments/demo-rollcall-edge";
/** What the chart renders, by API: Helm looks each of them up. */
const KINDS: Record<string, string[]> = {
  v1: ["ServiceAccount", "Service"],
  "apps/v1": ["Deployment"],
  "policy/v1": ["PodDisruptionBudget"],
  "networking.k8s.io/v1": ["NetworkPolicy"],
  "autoscaling/v2": ["HorizontalPodAutoscaler"],
  "keda.sh/v1alpha1": ["ScaledObject"],
};
const resource = (kind: string) => ({ name: `${kind.toLowerCase()}s`, kind, namespaced: true, verbs: ["get"] });
const groups = Object.keys(KINDS)
  .filter((api) => api.includes("/"))
  .map((groupVersion) => {
    const [name, version] = groupVersion.split("/");
    return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
  });
const ANSWERS: Record<string, unknown> = {
  "/version": { major: "1", minor: "36", gitVersion: "v1.36.0" },
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups },
  ...Object.fromEntries(
    Object.entries(KINDS).map(([groupVersion, kinds]) => [
      groupVersion === "v1" ? "/api/v1" : `/apis/${groupVersion}`,
      { kind: "APIResourceList", groupVersion, resources: kinds.map(resource) },
    ]),
  ),
};

/** What the cluster has; undefined: no such Deployment. */
let present: unknown;
const server = createServer((request, response) => {
  const path = request.url!.split("?")[0]!;
  const found = path === EDGE ? present : ANSWERS[path];
  response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
  const notFound = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 };
  response.end(JSON.stringify(found ?? notFound));
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const [cluster, context] = [{ server: `http://127.0.0.1:${port}` }, { cluster: "stub", user: "nobody" }];
  writeFileSync(
    files.kubeconfig,
    stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "stub", cluster }],
      contexts: [{ name: "stub", context }],
      users: [{ name: "nobody", user: {} }],
      "current-context": "stub",
    }),
  );
});
afterAll(() => server.close());

/** What the manifest of the edge says. */
async function said(values: Values, ...flags: string[]): Promise<unknown> {
  writeFileSync(files.values, stringify(merged(minimal, values)));
  const args = ["template", "demo", CHART, "--namespace", "live", "--values", files.values, ...flags];
  const env = { ...process.env, KUBECONFIG: files.kubeconfig };
  const { stdout } = await promisify(execFile)(tool("helm"), args, { env, maxBuffer: 1 << 28 });
  const edge = parseManifests(stdout).find(
    ({ kind, metadata }) => kind === "Deployment" && metadata.name === "demo-rollcall-edge",
  );
  ok(edge !== undefined);
  return edge.spec.replicas;
}

const owner = (manager: string, operation: string, fields: string[], more = {}) => ({
  manager,
  operation,
  fieldsV1: { "f:spec": Object.fromEntries(fields.map((field) => [`f:${field}`, {}])) },
  ...more,
});
const helm = (...fields: string[]) => owner("helm", "Apply", ["template", ...fields]);
const oldHelm = owner("helm", "Update", ["template", "replicas"]);
const scaler = owner("kube-controller-manager", "Update", ["replicas"], { subresource: "scale" });
const status = { manager: "kube-controller-manager", operation: "Update", subresource: "status" };
const deployment = (replicas: number, ...managedFields: unknown[]) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "demo-rollcall-edge", namespace: "live", managedFields: [...managedFields, status] },
  spec: { replicas },
});
const scaled: Values = { edge: { replicas: 4, autoscaling: { mode: "hpa", minReplicas: 3 } } };

test.each<[string, unknown, unknown]>([
  ["is Helm's alone goes on as it is: left out it would be 1", deployment(8, helm("replicas")), 8],
  ["is Helm's alone is not below what the scaler may choose", deployment(2, helm("replicas")), 3],
  ["is the scaler's is left to it", deployment(8, helm(), scaler), undefined],
  ["is the scaler's is left to it, below its least too", deployment(2, helm(), scaler), undefined],
  ["is of both is left to the scaler: it stays", deployment(8, helm("replicas"), scaler), undefined],
  ["is nobody's is left to the scaler", deployment(1, helm()), undefined],
  ["a client applied cannot be given away", deployment(8, oldHelm), 8],
  [
    "a client applied goes on when the scaler has changed it",
    deployment(8, owner("helm", "Update", ["template"]), scaler),
    8,
  ],
  ["there is not yet is the scaler's", undefined, undefined],
])("with a scaler, a count that %s", async (_, inCluster, wanted) => {
  present = inCluster;
  equal(await said(scaled, ...CLUSTER), wanted);
});

test("with a scaler and no cluster to ask, nothing is said", async () => {
  present = deployment(8, helm("replicas"));
  equal(await said(scaled), undefined);
});

test("without a scaler it is what the values say, whatever the cluster has", async () => {
  present = deployment(8, helm("replicas"));
  equal(await said({ edge: { replicas: 4 } }, ...CLUSTER), 4);
});

test("with KEDA it is the same", async () => {
  present = deployment(8, helm("replicas"));
  const keda = { mode: "keda", prometheusUrl: "http://prometheus:9090" };
  equal(await said({ edge: { autoscaling: keda } }, ...CLUSTER), 8);
});
