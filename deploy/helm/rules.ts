/**
 * What must hold of everything the chart renders. Each rule takes the rendered objects and returns a line per breach;
 * the same rules judge the snapshots in every test run and all values in the chart campaign.
 */

import { ConfigError, loadConfig } from "@rollcall/runtime";
import type { Values } from "./cases.ts";
import {
  environmentOf,
  listOf,
  type Manifest,
  mapOf,
  matches,
  textOf,
  type Workload,
  workloadsOf,
} from "./manifests.ts";
import { SERVICES, type ServiceName } from "./schema.ts";

/** Of Node itself. */
const NOT_OURS = new Set(["NODE_OPTIONS"]);
const SAMPLES: Record<string, string> = {
  REDIS_URL: "rediss://user:secret@redis:6379",
  NATS_URL: "nats://u:s@nats:4222",
};
const isService = (name: string): name is ServiceName => Object.hasOwn(SERVICES, name);

function settingsMistakes(workload: Workload): string[] {
  if (!isService(workload.service)) return [];
  const schema = SERVICES[workload.service];
  const env: Record<string, string> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(environmentOf(workload))) {
    const setting = name.replace(/_FILE$/, "");
    if (NOT_OURS.has(name)) continue;
    if (!Object.hasOwn(schema.object.properties, setting)) unknown.push(`${name} is no setting`);
    else env[setting] = setting === name ? value : (SAMPLES[setting] ?? "secret");
  }
  try {
    loadConfig(schema, env);
    return unknown;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...unknown, ...error.mistakes];
  }
}

/** One line for each breach, with the name of the workload. */
const each =
  (judge: (workload: Workload) => readonly (string | false)[]) =>
  (objects: readonly Manifest[]): string[] =>
    workloadsOf(objects).flatMap((workload) =>
      judge(workload)
        .filter((line) => line !== false)
        .map((line) => `${workload.name}: ${line}`),
    );

export const RULES: Record<string, (objects: readonly Manifest[]) => string[]> = {
  "runs as nobody in particular, without capabilities, under seccomp": each(({ pod, container }) => [
    textOf(pod.securityContext?.runAsNonRoot) !== "true" && "runAsNonRoot is not set",
    // The group is what lets it read mounted secrets.
    ...["runAsUser", "runAsGroup", "fsGroup"].map(
      (id) => !(Number(pod.securityContext?.[id]) > 0) && `${id} is not set`,
    ),
    textOf(pod.securityContext?.seccompProfile?.type) !== "RuntimeDefault" && "no seccomp profile",
    textOf(container.securityContext?.allowPrivilegeEscalation) !== "false" && "may escalate",
    textOf(container.securityContext?.capabilities?.drop) !== "ALL" && "keeps capabilities",
  ]),
  "writes nothing but a bounded /tmp": each(({ pod, container }) => [
    textOf(container.securityContext?.readOnlyRootFilesystem) !== "true" && "the root is writable",
    ...listOf(container.volumeMounts).map(
      ({ mountPath, readOnly }) =>
        textOf(mountPath) !== "/tmp" && textOf(readOnly) !== "true" && `${textOf(mountPath)} is writable`,
    ),
    ...listOf(pod.volumes).map(
      ({ name, emptyDir }) =>
        emptyDir !== undefined && emptyDir.sizeLimit === undefined && `${textOf(name)} has no bound`,
    ),
  ]),
  "asks for CPU and memory, and has a memory limit": each(({ container }) => [
    container.resources?.requests?.cpu === undefined && "no CPU request",
    container.resources?.requests?.memory === undefined && "no memory request",
    container.resources?.limits?.memory === undefined && "no memory limit",
  ]),
  "has startup, liveness and readiness probes on the internal port": each(({ container, isDeployment }) =>
    Object.entries({ startupProbe: "/startupz", livenessProbe: "/livez", readinessProbe: "/readyz" }).map(
      ([probe, path]) =>
        isDeployment &&
        (textOf(container[probe]?.httpGet?.path) !== path || textOf(container[probe]?.httpGet?.port) !== "internal") &&
        `${probe} is not ${path} of internal`,
    ),
  ),
  "waits for a start, takes traffic away at once, and ends only what hangs": each(({ container, isDeployment }) => {
    const after = (probe: string) =>
      Number(container[probe]?.periodSeconds) * Number(container[probe]?.failureThreshold);
    return [
      isDeployment && !(after("startupProbe") >= 300) && "a start that waits for Redis is ended",
      isDeployment && !(after("livenessProbe") >= 60) && "a pause ends the process",
      isDeployment && !(Number(container.livenessProbe?.timeoutSeconds) >= 5) && "a slow answer ends the process",
      isDeployment && !(after("readinessProbe") <= 5) && "clients are sent to who is not ready",
      isDeployment && !(Number(container.readinessProbe?.timeoutSeconds) >= 2) && "a busy moment takes traffic away",
    ];
  }),
  "bounds how many pods go at once; one that is not ready always may": (objects) =>
    objects
      .filter(({ kind }) => kind === "PodDisruptionBudget")
      .filter(
        ({ spec }) => spec.maxUnavailable === undefined || textOf(spec.unhealthyPodEvictionPolicy) !== "AlwaysAllow",
      )
      .map(({ metadata }) => metadata.name),
  "replaces no pod before the next is ready": each(({ isDeployment, strategy }) => [
    isDeployment && textOf(strategy?.rollingUpdate?.maxUnavailable) !== "0" && "a roll takes pods away first",
  ]),
  "names an image by version or digest": each(({ container }) => [
    (!/(:[^:/]+|@sha256:[0-9a-f]{64})$/.test(textOf(container.image)) || /:latest$/.test(textOf(container.image))) &&
      `image ${textOf(container.image)}`,
  ]),
  "has no token of the API": (objects) => [
    ...each(({ pod }) => [textOf(pod.automountServiceAccountToken) !== "false" && "a token is mounted"])(objects),
    ...objects
      .filter((one) => one.kind === "ServiceAccount" && one.automountServiceAccountToken !== false)
      .map(({ metadata }) => `ServiceAccount ${metadata.name}`),
  ],
  "is given time to stop: preStop, drain and grace fit": each((workload) => {
    if (!workload.isDeployment) return [];
    const env = environmentOf(workload);
    const preStop = Number(workload.container.lifecycle?.preStop?.sleep?.seconds ?? 0);
    const needed = preStop + Number(env.STOP_GRACE_MS) / 1_000 + 5;
    const given = Number(workload.pod.terminationGracePeriodSeconds);
    return [
      !(given >= needed) && `terminationGracePeriodSeconds ${given} < ${needed}`,
      workload.service === "edge" && preStop === 0 && "no preStop: clients are sent to an edge that refuses them",
      workload.service === "edge" &&
        !(Number(env.DRAIN_MS) + 5_000 <= Number(env.STOP_GRACE_MS)) &&
        "DRAIN_MS + 5000 > STOP_GRACE_MS",
    ];
  }),
  "sets only settings that exist, to values that its service accepts": each(settingsMistakes),
  "holds no secret, and passes none in the environment": (objects) => [
    ...objects.filter(({ kind }) => kind === "Secret").map(({ metadata }) => `Secret ${metadata.name} is rendered`),
    ...each(({ container }) =>
      listOf(container.env).map(({ name, valueFrom }) => valueFrom?.secretKeyRef !== undefined && textOf(name)),
    )(objects),
  ],
  "mounts every volume it has, and has every volume it mounts": each(({ pod, container }) => {
    const volumes = listOf(pod.volumes).map(({ name }) => textOf(name));
    const mounts = listOf(container.volumeMounts).map(({ name }) => textOf(name));
    return [...new Set([...volumes, ...mounts])].map(
      (name) => volumes.includes(name) !== mounts.includes(name) && `${name} is on one side only`,
    );
  }),
  "selects its own pods: Deployments, Services, budgets and scalers point at something": (objects) => {
    const deployments = workloadsOf(objects).filter(({ isDeployment }) => isDeployment);
    return objects.flatMap(({ kind, metadata, spec }) => {
      const wanted = (ok: boolean) => (ok ? [] : [`${kind} ${metadata.name} points at nothing, or at too much`]);
      const hits = (selector: Record<string, string>) =>
        deployments.filter(({ labels }) => matches(selector, labels)).length;
      if (kind === "Deployment") return wanted(hits(mapOf(spec.selector!.matchLabels)) === 1);
      if (kind === "Service") return wanted(hits(mapOf(spec.selector)) === 1);
      if (kind === "PodDisruptionBudget") return wanted(hits(mapOf(spec.selector!.matchLabels)) === 1);
      if (kind !== "HorizontalPodAutoscaler" && kind !== "ScaledObject") return [];
      return wanted(deployments.some(({ name }) => name === textOf(spec.scaleTargetRef!.name)));
    });
  },
  "is scaled by one thing: replicas, HPA or KEDA": (objects) =>
    workloadsOf(objects)
      .filter(({ isDeployment }) => isDeployment)
      .flatMap(({ name, replicas }) => {
        const scalers = objects.filter(
          ({ kind, spec }) =>
            (kind === "HorizontalPodAutoscaler" || kind === "ScaledObject") &&
            textOf(spec.scaleTargetRef!.name) === name,
        ).length;
        return scalers + (replicas === undefined ? 0 : 1) === 1
          ? []
          : [`${name}: ${scalers} scalers, replicas ${replicas}`];
      }),
  "takes no pod away because it heard nothing": (objects) =>
    objects
      .filter(({ kind }) => kind === "ScaledObject")
      .flatMap(({ metadata, spec }) =>
        listOf(spec.triggers)
          .filter((one) => textOf(one.type) === "prometheus" && textOf(one.metadata?.ignoreNullValues) !== "false")
          .map(() => metadata.name),
      ),
  "has names that fit": (objects) =>
    objects
      .filter(({ metadata }) => metadata.name.match(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/) === null)
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  "has an edge, a presence and a notifier": (objects) =>
    Object.keys(SERVICES).filter(
      (service) => !workloadsOf(objects).some((one) => one.isDeployment && one.service === service),
    ),
  "runs as the account made for it, or as the one that each namespace has": (objects) => {
    const made = objects.filter(({ kind }) => kind === "ServiceAccount").map(({ metadata }) => metadata.name);
    return workloadsOf(objects)
      .filter(({ isDeployment }) => isDeployment)
      .filter(({ pod }) => !(made.length > 0 ? made : ["default"]).includes(textOf(pod.serviceAccountName)))
      .map(({ name }) => name);
  },
  "carries the labels of its release, so that one finds all of it": (objects) =>
    objects.flatMap(({ kind, metadata }) =>
      ["helm.sh/chart", ...["name", "instance", "part-of", "managed-by"].map((one) => `app.kubernetes.io/${one}`)]
        .filter((label) => metadata.labels?.[label] === undefined)
        .map((label) => `${kind} ${metadata.name} has no ${label}`),
    ),
  "asks for a trace where traces are": (objects) => {
    const environments = workloadsOf(objects).map(environmentOf);
    const hasTraces = environments.some((env) => env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined);
    const wrong = (env: Record<string, string>) =>
      env.SMOKE_URL !== undefined && hasTraces !== (env.SMOKE_TRACE !== "off");
    return environments.filter(wrong).map(({ SMOKE_URL }) => `the smoke test of ${SMOKE_URL}`);
  },
};

/** Labels and annotations that the values give and no object has. */
export function givenMissing(values: Values, objects: readonly Manifest[]): string[] {
  const present = objects.flatMap(({ metadata, spec }) =>
    [metadata, (spec?.template?.metadata ?? {}) as Partial<Manifest["metadata"]>].flatMap(({ labels, annotations }) =>
      Object.entries({ ...labels, ...annotations }).map(String),
    ),
  );
  const given = (node: Values): string[] =>
    Object.entries(node).flatMap(([key, value]) => {
      if (typeof value !== "object" || value === null) return [];
      if (/labels$|annotations$/i.test(key)) return Object.entries(value).map(String);
      return given(value as Values);
    });
  return given(values).filter((entry) => !present.includes(entry));
}

/** What a release of three services has at least, with budgets and accounts on. */
const PARTS = {
  Deployment: ["edge", "notifier", "presence"],
  PodDisruptionBudget: ["edge", "notifier", "presence"],
  ServiceAccount: ["edge", "notifier", "presence"],
  Service: ["edge", "edge-internal", "notifier-internal", "presence-internal"],
};

export const partsMissing = (objects: readonly Manifest[]): string[] =>
  Object.entries(PARTS).flatMap(([kind, names]) =>
    names
      .filter((name) => !objects.some((one) => one.kind === kind && one.metadata.name === `demo-rollcall-${name}`))
      .map((name) => `${kind} ${name}`),
  );
