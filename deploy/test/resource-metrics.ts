/**
 * The metrics API of a cluster whose nodes run nothing: pods that use next to no CPU. An autoscaler takes pods away only
 * while it knows what they use.
 */

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { REPOSITORY } from "@rollcall/testkit";
import { stringify } from "yaml";
import { attempt, kubectl, listMeanwhile } from "./kubernetes.ts";

const API = "v1beta1.metrics.k8s.io";
const BASE = "/apis/metrics.k8s.io/v1beta1";
const pem = (name: string) => readFileSync(join(REPOSITORY, "packages/testkit/test/runtime/tls", `${name}.pem`));

/** Served from here, which is `host` to the API server; nothing where the cluster has one. The result takes it away. */
export async function serveResourceMetrics(host: string): Promise<() => Promise<void>> {
  if (attempt("kubectl", ["get", "apiservice", API]).ok) return async () => undefined;
  const server = createServer({ key: pem("server-key"), cert: pem("server-cert") }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "https://metrics");
    const namespace = /\/namespaces\/([^/]+)\/pods$/.exec(pathname)?.[1];
    const selector = searchParams.get("labelSelector") ?? "";
    const answer = namespace === undefined ? Promise.resolve(RESOURCES) : usage(namespace, selector);
    answer.then(
      (told) => response.setHeader("content-type", "application/json").end(JSON.stringify(told)),
      (error: unknown) => response.writeHead(503).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const name = `resource-metrics-${port}`;
  const objects = [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "default" },
      spec: { type: "ExternalName", externalName: host === "127.0.0.1" ? "localhost" : host, ports: [{ port }] },
    },
    {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: API },
      spec: {
        service: { name, namespace: "default", port },
        group: "metrics.k8s.io",
        version: "v1beta1",
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ];
  const text = objects.map((object) => stringify(object)).join("---\n");
  kubectl(["apply", "-f", "-"], text);
  return async () => {
    kubectl(["delete", "-f", "-"], text);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

const RESOURCES = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: BASE.replace("/apis/", ""),
  resources: [{ name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs: ["get", "list"] }],
};

const usage = async (namespace: string, selector: string) => ({
  kind: "PodMetricsList",
  apiVersion: "metrics.k8s.io/v1beta1",
  metadata: {},
  items: (await listMeanwhile(namespace, "pods", selector)).map(({ metadata, spec }) => ({
    metadata: { name: metadata.name, namespace, labels: metadata.labels },
    timestamp: new Date().toISOString(),
    window: "1s",
    containers: (spec.containers as unknown as { name: string }[]).map(({ name }) => ({
      name,
      usage: { cpu: "1m", memory: "64Mi" },
    })),
  })),
});
