/**
 * The chart's life at a Kubernetes API server: installed, changed from each set of values to the next, drained, failed,
 * rolled back, uninstalled. `KUBECONFIG=... ./rollcall test campaign k8s`; which cluster is said in deploy/test/kubernetes.ts.
 */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild, tempFolder, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { stringify } from "yaml";
import { GOOD } from "../helm/cases.ts";
import { CHART } from "../helm/generate.ts";
import { valuesOf } from "../helm/golden.ts";
import { type Manifest, parseManifests } from "../helm/manifests.ts";
import { addCrds, connect, createNamespace, evict, helm, kubectl, leftovers, list, tryHelm } from "./kubernetes.ts";

const NAMESPACE = `rollcall-k8s-${process.pid}`;
const RELEASE = `app.kubernetes.io/instance=demo`;
/** What the chart makes. Pods, ReplicaSets and the like are made by others and only carry its labels. */
const KINDS =
  "deployments,services,configmaps,serviceaccounts,poddisruptionbudgets,horizontalpodautoscalers,networkpolicies,ingresses," +
  "httproutes.gateway.networking.k8s.io,scaledobjects.keda.sh,podmonitors.monitoring.coreos.com," +
  "servicemonitors.monitoring.coreos.com,prometheusrules.monitoring.coreos.com";
const PATIENCE = { timeoutMs: 60_000, everyMs: 250 };

const folder = tempFolder("k8s");
const undo: (() => unknown)[] = [];
let nodes: string[] = [];

beforeAll(() => {
  nodes = connect();
  undo.push(addCrds(), createNamespace(NAMESPACE));
  // What the values of `placed` name.
  kubectl(["create", "priorityclass", "high", "--value=1000"]);
  undo.push(() => kubectl(["delete", "priorityclass", "high"]));
  kubectl(["label", "nodes", ...nodes, "pool=edges"]);
  undo.push(() => kubectl(["label", "nodes", ...nodes, "pool-"]));
});
afterAll(() => {
  for (const step of undo.reverse()) step();
});

function fileOf(name: string): string {
  const file = join(folder, `${name.replaceAll(" ", "-")}.yaml`);
  writeFileSync(file, stringify(valuesOf(name)));
  return file;
}
const withChart = (verb: string, name: string, ...flags: string[]) => [
  ...[verb, "demo", CHART, "--namespace", NAMESPACE, "--values", fileOf(name), ...flags],
];
const WAIT = ["--wait", "--timeout", "120s"];

const pods = (selector = RELEASE): Manifest[] =>
  list(NAMESPACE, "pods", selector).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
const uids = () => pods().map(({ metadata }) => metadata.uid);
const deployments = () => list(NAMESPACE, "deployments", RELEASE);
const component = (service: string) => `${RELEASE},app.kubernetes.io/component=${service}`;
const idOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;

describe.each(Object.keys(GOOD))("%s", (name) => {
  test("is taken without a warning: strict fields, CRDs, Pod Security", () => {
    const rendered = helm(withChart("template", name));
    const strict = ["--server-side", "--dry-run=server", "--validate=strict", "--warnings-as-errors"];
    kubectl(["apply", "-n", NAMESPACE, ...strict, "-f", "-"], rendered);
  });
});

/** Each is an upgrade in place from the one before; the first and the last are the least. */
describe.each([...Object.keys(GOOD), "minimal"])("the release with the values of %s", (name) => {
  test("becomes ready, and nothing of the values before is left", async () => {
    helm(withChart("upgrade", name, "--install", ...WAIT));
    const wanted = parseManifests(helm(["get", "manifest", "demo", "--namespace", NAMESPACE]));
    // Where KEDA is, it makes an autoscaler of each ScaledObject, with its labels.
    const present = list(NAMESPACE, KINDS, RELEASE).filter(({ metadata }) => !metadata.name.startsWith("keda-hpa-"));
    deepEqual(present.map(idOf).toSorted(), wanted.map(idOf).toSorted());
  });

  test("has budgets, Services and scalers that know their pods", async () => {
    for (const { metadata } of deployments()) {
      const isKnown = () => {
        // Read anew: a scaler may have come, or have had its say. Where KEDA is, it makes one of each ScaledObject.
        const deployment = deployments().find((one) => one.metadata.name === metadata.name);
        const least = list(NAMESPACE, "horizontalpodautoscalers", RELEASE).find(
          ({ spec }) => spec.scaleTargetRef!.name === (metadata.name as unknown),
        );
        const replicas = Number(least?.spec.minReplicas ?? deployment?.spec.replicas);
        const [budget] = list(NAMESPACE, `poddisruptionbudgets`, RELEASE).filter(
          (one) => one.metadata.name === metadata.name,
        );
        const slices = list(NAMESPACE, "endpointslices", `kubernetes.io/service-name=${metadata.name}-internal`);
        const endpoints = slices.flatMap(
          (slice) => (slice as unknown as { endpoints: unknown[] | null }).endpoints ?? [],
        );
        return (
          endpoints.length === replicas &&
          (budget === undefined ||
            (Number(budget.status?.expectedPods) === replicas && Number(budget.status?.disruptionsAllowed) > 0))
        );
      };
      await waitFor(isKnown, { ...PATIENCE, what: `${metadata.name} to be known with all its pods` });
    }
  });
});

/** Of what is deployed now. Helm forgets all but the last ten. */
function revision(): number {
  const history = helm(["history", "demo", "--namespace", NAMESPACE, "-o", "json"]);
  return Math.max(...(JSON.parse(history) as { revision: number }[]).map((one) => one.revision));
}

describe("a roll-out", () => {
  let before = 0;
  test("replaces every pod, and none is missed meanwhile", async () => {
    before = revision();
    const old = new Set(uids());
    const watched = await watch();
    helm(withChart("upgrade", "minimal", ...WAIT, "--set", "image.tag=0.1.1"));
    await waitFor(() => uids().every((uid) => !old.has(uid)), { ...PATIENCE, what: "old pods to be gone" });
    deepEqual(
      (await watched()).filter(({ available, wanted }) => available < wanted),
      [],
    );
  });

  test("spreads each service over the nodes", () => {
    for (const service of ["edge", "presence", "notifier"]) {
      const used = pods(component(service)).map(({ spec }) => String(spec.nodeName));
      equal(new Set(used).size, used.length, `${service} is on ${used}`);
    }
  });

  test("that never becomes ready is rolled back by itself, and takes no pod away", () => {
    const serving = uids().toSorted();
    const nowhere = "edge.nodeSelector.nowhere=yes,presence.nodeSelector.nowhere=yes,notifier.nodeSelector.nowhere=yes";
    const { ok: succeeded, stderr } = tryHelm(
      withChart("upgrade", "minimal", "--rollback-on-failure", "--timeout", "20s", "--set", nowhere),
    );
    ok(!succeeded, "it succeeded");
    match(stderr, /rolled back/i);
    ok(
      serving.every((uid) => uids().includes(uid)),
      "a pod that served was taken away",
    );
    const [release] = JSON.parse(helm(["list", "--namespace", NAMESPACE, "-o", "json"])) as { status: string }[];
    equal(release!.status, "deployed");
    deepEqual(new Set(images()), new Set(["0.1.1"]));
  });

  test("is taken back by hand", async () => {
    helm(["rollback", "demo", String(before), "--namespace", NAMESPACE, ...WAIT]);
    await waitFor(() => images().every((tag) => tag === "0.1.0"), { ...PATIENCE, what: "the first version" });
  });
});

describe("a scaler", () => {
  const edge = "demo-rollcall-edge";
  const eight = ["--set", "edge.replicas=8"];
  const scaled = [...eight, "--set", "edge.autoscaling.mode=hpa"];
  const count = (name = edge) =>
    Number(list(NAMESPACE, "deployments").find(({ metadata }) => metadata.name === name)?.spec.replicas);
  /** As a scaler does it. */
  const scale = (replicas: number) => kubectl(["-n", NAMESPACE, "scale", "deployment", edge, `--replicas=${replicas}`]);

  test("that is turned on takes over the pods there are, as does every upgrade until it has its say", async () => {
    helm(withChart("upgrade", "minimal", "--install", ...WAIT, ...eight));
    const watched = await watch();
    helm(withChart("upgrade", "minimal", ...WAIT, ...scaled));
    helm(withChart("upgrade", "minimal", ...WAIT, ...scaled, "--set", "image.tag=0.1.1"));
    const seen = (await watched()).filter(({ name }) => name === edge);
    ok(seen.length > 0, "nothing was seen");
    deepEqual(
      seen.filter(({ wanted }) => wanted !== 8),
      [],
    );
  });

  test("is told no number by an upgrade or a rollback after that", () => {
    scale(10);
    for (const tag of ["0.1.2", "0.1.3"]) {
      helm(withChart("upgrade", "minimal", ...WAIT, ...scaled, "--set", `image.tag=${tag}`));
      equal(count(), 10);
    }
    helm(["rollback", "demo", "--namespace", NAMESPACE, ...WAIT]);
    equal(count(), 10);
  });

  test("keeps the number from who turns it off, unless that is forced", () => {
    const off = withChart("upgrade", "minimal", ...WAIT, ...eight);
    const refused = tryHelm(off);
    ok(!refused.ok, "it was not refused");
    match(refused.stderr, /conflict.*\.spec\.replicas/);
    equal(count(), 10);
    helm([...off, "--force-conflicts"]);
    equal(count(), 8);
  });

  test("is given the number by hand where what is applied was rendered without a cluster", () => {
    const name = "gitops-rollcall-edge";
    const rendered = (...flags: string[]) => {
      const args = ["template", "gitops", CHART, "--namespace", NAMESPACE, "--values", fileOf("minimal"), ...flags];
      return JSON.stringify(parseManifests(helm(args)).find((one) => idOf(one) === `Deployment/${name}`));
    };
    const apply = (manager: string, object: string) =>
      kubectl(["apply", "-n", NAMESPACE, "--server-side", `--field-manager=${manager}`, "-f", "-"], object);
    apply("gitops", rendered(...eight));
    apply("gitops", rendered(...scaled));
    equal(count(name), 1, "this is what the hand-over is for");
    apply("gitops", rendered(...eight));
    const api = { apiVersion: "apps/v1", kind: "Deployment" };
    apply("scaler", JSON.stringify({ ...api, metadata: { name }, spec: { replicas: 8 } }));
    apply("gitops", rendered(...scaled));
    equal(count(name), 8);
    kubectl(["-n", NAMESPACE, "delete", "deployment", name]);
  });
});

const images = () =>
  pods().map(({ spec }) => String((spec.containers as unknown as { image: string }[])[0]!.image).split(":")[1]);

describe("a drain", () => {
  test("is held by the budgets: a second pod goes when the first is back", async () => {
    kubectl(["cordon", ...nodes]);
    try {
      const [first, second] = pods(component("presence")).map(({ metadata }) => metadata.name);
      await waitFor(() => evict(NAMESPACE, first!).ok, { ...PATIENCE, what: "the first to go" });
      const refused = evict(NAMESPACE, second!);
      ok(!refused.ok, "two of two went");
      match(refused.stderr, /violate the pod's disruption budget/);
      kubectl(["uncordon", ...nodes]);
      await waitFor(() => evict(NAMESPACE, second!).ok, { ...PATIENCE, what: "the second to go" });
    } finally {
      kubectl(["uncordon", ...nodes]);
    }
  });

  test("of each node in turn leaves as many as the budgets say", async () => {
    await available();
    const watched = await watch();
    for (const node of nodes) {
      kubectl(["drain", node, "--pod-selector", RELEASE, "--delete-emptydir-data", "--timeout", "120s"]);
      kubectl(["uncordon", node]);
      await available();
    }
    deepEqual(
      (await watched()).filter(({ available, wanted }) => available < wanted - 1),
      [],
    );
  });
});

test("uninstalled, nothing is left of it", async () => {
  helm(["uninstall", "demo", "--namespace", NAMESPACE, ...WAIT]);
  await waitFor(() => leftovers(NAMESPACE, RELEASE).length === 0, {
    ...PATIENCE,
    what: () => `the end of ${leftovers(NAMESPACE, RELEASE)}`,
  });
});

const available = () =>
  waitFor(
    () => deployments().every(({ spec, status }) => Number(status?.availableReplicas) === Number(spec.replicas)),
    {
      ...PATIENCE,
      what: "all to be available",
    },
  );

/** Every change of how many pods of a Deployment are available, until the result is called. */
async function watch() {
  const logFile = join(folder, `watch-${undo.length}-${uids().length}.log`);
  const columns = '{.metadata.name} {.status.availableReplicas} {.spec.replicas}{"\\n"}';
  const args = ["-n", NAMESPACE, "get", "deployments", "-l", RELEASE, "--watch", "-o", `jsonpath=${columns}`];
  const child: Child = await startChild({ command: "kubectl", args, logFile, env: process.env });
  const lines = () =>
    readFileSync(logFile, "utf8")
      .trim()
      .split("\n")
      .filter((line) => /^\S+ \d* \d+$/.test(line));
  await waitFor(() => lines().length >= 3, { ...PATIENCE, what: "the watch to begin" });
  return async () => {
    await child.end();
    return lines().map((line) => {
      const [name, available, wanted] = line.split(" ");
      return { name, available: Number(available), wanted: Number(wanted) };
    });
  };
}
