/**
 * A Kubernetes API server for campaigns: the one KUBECONFIG names, with nodes that run nothing. On them pods are Ready at
 * once, so all is real but the containers: validation, Pod Security, quotas, controllers, scheduler, budgets. A campaign
 * cordons nodes and evicts pods, so a cluster that runs anything is refused.
 */

import { execFile, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Manifest } from "../helm/manifests.ts";
import { crdFiles } from "../helm/test/schemas.ts";
import { tool } from "./tools.ts";

const WANTED = `three fake nodes at least, an API server that KUBECONFIG names, and kubectl. One way (kwok.sigs.k8s.io; no Docker):
  kwokctl create cluster --runtime binary && kwokctl scale node --replicas 3
  kwokctl get kubeconfig > kubeconfig && KUBECONFIG=$PWD/kubeconfig ./rollcall test campaign k8s`;
const FAKE = "kwok.x-k8s.io/node";

export interface Result {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** Does not throw: for what may be refused. */
export function attempt(command: string, args: readonly string[], input = ""): Result {
  const done: SpawnSyncReturns<string> = spawnSync(command, args, { encoding: "utf8", input, maxBuffer: 1 << 28 });
  if (done.error !== undefined) throw new Error(`${command} cannot be started: wanted are ${WANTED}`);
  return { ok: done.status === 0, stdout: done.stdout, stderr: done.stderr };
}

function must(command: string, args: readonly string[], input = ""): string {
  const { ok, stdout, stderr } = attempt(command, args, input);
  if (!ok) throw new Error(`${command} ${args.join(" ")}\n${stderr}${stdout}`);
  return stdout;
}

export const kubectl = (args: readonly string[], input = ""): string => must("kubectl", args, input);
export const helm = (args: readonly string[]): string => must(tool("helm"), args);
export const tryHelm = (args: readonly string[]): Result => attempt(tool("helm"), args);

const listArgs = (namespace: string, kinds: string, selector: string) => [
  ...["-n", namespace, "get", kinds, "-o", "json"],
  ...(selector === "" ? [] : ["-l", selector]),
];
const itemsOf = (text: string) => (JSON.parse(text) as { items: Manifest[] }).items;

/** Objects of one or several kinds, a comma between them. */
export const list = (namespace: string, kinds: string, selector = ""): Manifest[] =>
  itemsOf(kubectl(listArgs(namespace, kinds, selector)));

/** The same for a process that has to answer others meanwhile. */
export async function listMeanwhile(namespace: string, kinds: string, selector = ""): Promise<Manifest[]> {
  const { stdout } = await promisify(execFile)("kubectl", listArgs(namespace, kinds, selector), { maxBuffer: 1 << 28 });
  return itemsOf(stdout);
}

/** The names of its nodes. */
export function connect(): string[] {
  const reached = attempt("kubectl", ["get", "nodes", "-o", "json"]);
  if (!reached.ok) throw new Error(`no cluster answers (${reached.stderr.trim()}): wanted are ${WANTED}`);
  const { items } = JSON.parse(reached.stdout) as { items: Manifest[] };
  const real = items.filter(({ metadata }) => metadata.annotations?.[FAKE] !== "fake");
  if (real.length > 0 || items.length < 3) {
    throw new Error(`${items.length} nodes, ${real.length} of them real: wanted are ${WANTED}`);
  }
  return items.map(({ metadata }) => metadata.name);
}

/** The aggregated API by which KEDA gives the autoscaler its signals. */
export function connectKeda(): void {
  const api = "apiservice/v1beta1.external.metrics.k8s.io";
  const { ok, stderr } = attempt("kubectl", ["wait", "--for", "condition=Available", api, "--timeout", "30s"]);
  if (!ok) throw new Error(`KEDA does not answer in this cluster (${stderr.trim()}): install it, https://keda.sh/docs`);
}

/** CustomResourceDefinitions that the chart's objects need and the cluster has not; the result takes them away again. */
export function addCrds(): () => void {
  const added = crdFiles().flatMap((path) => {
    const present = attempt("kubectl", ["get", "-f", path]).ok;
    if (!present) kubectl(["apply", "--server-side", "-f", path]);
    return present ? [] : ["-f", path];
  });
  if (added.length > 0) kubectl(["wait", "--for", "condition=Established", "--timeout", "60s", ...added]);
  return () => void (added.length > 0 && kubectl(["delete", "--wait=false", ...added]));
}

/** Where only what is "restricted" may run, and only with requests and a memory limit. The result takes it away. */
export function createNamespace(name: string): () => void {
  const level = "restricted";
  const labels = ["enforce", "warn"].map((mode) => `pod-security.kubernetes.io/${mode}=${level}`);
  kubectl(["create", "namespace", name]);
  kubectl(["label", "namespace", name, ...labels]);
  const hard = "requests.cpu=200,requests.memory=400Gi,limits.memory=400Gi,pods=200";
  kubectl(["-n", name, "create", "quota", "bounded", `--hard=${hard}`]);
  return () => void kubectl(["delete", "namespace", name, "--wait=false"]);
}

/** Refused, as a drain of its node would be, while a budget says no. */
export function evict(namespace: string, pod: string): Result {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod, namespace } };
  const path = join("/api/v1/namespaces", namespace, "pods", pod, "eviction");
  return attempt("kubectl", ["create", "--raw", path, "-f", "-"], JSON.stringify(eviction));
}

/** Everything in a namespace that carries these labels, whatever its kind: `pods/demo-1`. */
export function leftovers(namespace: string, selector: string): string[] {
  const kinds = kubectl(["api-resources", "--verbs=list", "--namespaced", "-o", "name"]).trim().split("\n");
  const asked = kinds.filter((kind) => !kind.startsWith("events")).join(",");
  const found = kubectl(["-n", namespace, "get", asked, "-l", selector, "-o", "name", "--ignore-not-found"]);
  return found.split("\n").filter((line) => line !== "");
}
