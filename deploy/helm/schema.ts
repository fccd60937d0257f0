/**
 * The chart's `values.schema.json`: closed at every level, so that a misspelt value is an error and not a silence. The
 * settings that `config` may hold come from the services themselves.
 */

import { config as edge } from "@rollcall/edge";
import { config as notifier } from "@rollcall/notifier";
import { config as presence } from "@rollcall/presence";
import { type ConfigSchema, type DescribedSetting, describeConfig } from "@rollcall/runtime";

export const SERVICES = { edge, presence, notifier } satisfies Record<string, ConfigSchema>;
export type ServiceName = keyof typeof SERVICES;

/** Settings that have values of their own in the chart, or that a pod has no use for. */
const OF_THE_CHART = new Set([
  ...["INSTALL", "INSTANCE", "INTERNAL_PORT", "STOP_GRACE_MS", "CONTRACTS", "STREAMS", "OTEL_EXPORTER_OTLP_ENDPOINT"],
  ...["PORT", "HOST", "DRAIN_MS", "TLS_CERT", "TLS_KEY", "JWKS", "JWT_ISS", "JWT_AUD", "ISSUERS", "CHANNELS"],
]);
const isOfTheChart = (setting: DescribedSetting) =>
  setting.secret || OF_THE_CHART.has(setting.name) || /^(REDIS|NATS)_/.test(setting.name);

const settable = (service: ServiceName) => describeConfig(SERVICES[service]).filter((one) => !isOfTheChart(one));

/**
 * By service, for the templates: what `config` may set, so that each is given what it knows; and what a service would refuse
 * at its start, so that Helm refuses it before.
 */
export const settingsOfServices = (): Record<ServiceName, unknown> => ({
  edge: settingsOfService("edge"),
  presence: settingsOfService("presence"),
  notifier: settingsOfService("notifier"),
});

function settingsOfService(service: ServiceName) {
  const described = describeConfig(SERVICES[service]);
  const defaults = described.filter((setting) => !setting.secret && setting.default !== undefined);
  return {
    settable: settable(service).map(({ name }) => name),
    defaults: Object.fromEntries(defaults.map((setting) => [setting.name, setting.default])),
    same: described.filter(({ same }) => same).map(({ name }) => name),
    relations: SERVICES[service].relations.flatMap(({ rule, between, data }) =>
      data === undefined ? [] : [{ rule, between, ...data }],
    ),
  };
}

type Schema = Record<string, unknown>;
const closed = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: "object",
  additionalProperties: false,
  properties,
  ...more,
});
const text: Schema = { type: "string" };
const flag: Schema = { type: "boolean" };
const count = (minimum = 0, maximum?: number): Schema => ({
  type: "integer",
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});
const choice = (...values: string[]): Schema => ({ enum: values });
const listOf = (items: Schema): Schema => ({ type: "array", items });
const mapOf = (values: Schema, more: Schema = {}): Schema => ({
  type: "object",
  additionalProperties: values,
  ...more,
});
/** What Kubernetes checks itself, when it is applied. */
const ofKubernetes: Schema = { type: "object" };
const port = count(1, 65_535);
const share: Schema = { type: ["integer", "string"], pattern: "^[0-9]+%$", minimum: 0 };
const address = (scheme: string): Schema => ({ type: "string", pattern: `^$|^${scheme}://` });
const keys = (...services: string[]) => closed(Object.fromEntries(services.map((name) => [name, text])));
const from = (key: Record<string, Schema> = { key: text }) => closed({ secret: text, ...key });
const peers = () => closed({ to: listOf(ofKubernetes), ports: { ...listOf(port), minItems: 1 } });
const tls = (more: Record<string, Schema> = {}) =>
  closed({ secret: text, caKey: text, certKey: text, keyKey: text, ...more });

function settingSchema({ name, type, description }: DescribedSetting, schema: ConfigSchema): Schema {
  const { minimum, maximum, pattern, enum: values, items } = schema.object.properties[name] as Schema;
  const choices = (items as { enum?: string[] } | undefined)?.enum;
  const bounds = Object.fromEntries(
    Object.entries({ minimum, maximum, pattern }).filter(([, bound]) => bound !== undefined),
  );
  switch (type) {
    case "choice":
      return { description, enum: values };
    case "list":
      return { description, ...listOf(choices === undefined ? text : choice(...choices)) };
    case "duration":
      return { description, type: "string", pattern: "^[0-9]{1,15}(ms|s|m|h|d)$" };
    case "text":
      return { description, type: "string", ...bounds };
    default:
      return { description, type, ...bounds };
  }
}

const settingsOf = (...services: ServiceName[]): Schema =>
  closed(
    Object.fromEntries(
      services.flatMap((service) =>
        settable(service).map((setting) => [setting.name, settingSchema(setting, SERVICES[service])]),
      ),
    ),
  );

const component = (service: ServiceName, own: Record<string, Schema>, scaling: Record<string, Schema>, stop = {}) =>
  closed({
    replicas: count(1),
    config: settingsOf(service),
    stop: closed({ graceMs: count(1_000), terminationGracePeriodSeconds: count(), ...stop }),
    rollingUpdate: closed({ maxSurge: share, maxUnavailable: share }),
    pdb: closed({ enabled: flag, maxUnavailable: share }),
    resources: closed({ requests: ofKubernetes, limits: ofKubernetes }),
    autoscaling: closed({
      mode: choice("none", "hpa", "keda"),
      minReplicas: count(1),
      maxReplicas: count(1),
      cpuPercent: count(1, 100),
      scaleDownSeconds: count(0, 3_600),
      ...scaling,
    }),
    podAnnotations: mapOf(text),
    podLabels: mapOf(text),
    nodeSelector: mapOf(text),
    tolerations: listOf(ofKubernetes),
    affinity: ofKubernetes,
    priorityClassName: text,
    topologySpread: flag,
    topologySpreadConstraints: listOf(ofKubernetes),
    ...own,
  });

const all = ["edge", "presence", "notifier"];
const domain: Schema = { type: "string", pattern: "^[a-z0-9*]([a-z0-9.-]*[a-z0-9])?$" };

export function valuesSchema(): Schema {
  const edgeSchema = component(
    "edge",
    {
      port,
      tls: closed({ secret: text }),
      service: closed({ type: choice("ClusterIP", "NodePort", "LoadBalancer"), annotations: mapOf(text) }),
      ingress: closed({
        enabled: flag,
        className: text,
        hosts: listOf(domain),
        annotations: mapOf(text),
        tlsSecret: text,
      }),
      httpRoute: closed({
        enabled: flag,
        parentRefs: listOf(ofKubernetes),
        hostnames: listOf(domain),
        annotations: mapOf(text),
      }),
    },
    { sockets: count(), prometheusUrl: address("https?") },
    { preStopSeconds: count(0, 300), drainMs: count() },
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Values of the rollcall chart",
    definitions: { edge: edgeSchema },
    ...closed({
      global: ofKubernetes, // Helm passes it to every chart.
      install: { type: "string", pattern: "^[a-z0-9-]{1,32}$" },
      nameOverride: text,
      fullnameOverride: text,
      commonLabels: mapOf(text),
      image: closed({
        repository: { type: "string", minLength: 1 },
        tag: text,
        digests: closed(
          Object.fromEntries(
            [...all, "smoke"].map((name) => [name, { type: "string", pattern: "^(sha256:[0-9a-f]{64})?$" }]),
          ),
        ),
        pullPolicy: choice("Always", "IfNotPresent", "Never"),
        pullSecrets: listOf(text),
      }),
      config: settingsOf("edge", "presence", "notifier"),
      contracts: closed({
        files: mapOf(text, { propertyNames: { pattern: "^[A-Za-z0-9_-][A-Za-z0-9._-]*\\.ya?ml$" } }),
        existingConfigMap: text,
      }),
      auth: closed({
        issuer: text,
        audience: text,
        jwks: closed({ url: address("https?"), configMap: text, key: text }),
        issuersFrom: closed({ configMap: text, key: text }),
      }),
      redis: closed({
        mode: choice("single", "sentinel", "cluster"),
        url: address("rediss?"),
        urlFrom: from({ keys: keys(...all) }),
        durable: closed({ url: address("rediss?"), urlFrom: from({ keys: keys("presence", "notifier") }) }),
        sentinels: listOf(text),
        sentinelPasswordFrom: from(),
        tls: tls({ serverName: text }),
      }),
      nats: closed({
        url: address("(nats|tls|wss?)"),
        urlFrom: from({ keys: keys(...all) }),
        credsFrom: from({ keys: keys(...all) }),
        nkeyFrom: from({ keys: keys(...all) }),
        tls: tls(),
        inboxPrefix: { type: "string", pattern: "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$" },
        jetStreamDomain: text,
        streams: choice("create", "verify", "off"),
      }),
      telemetry: closed({ otlpEndpoint: address("https?") }),
      logHashKeyFrom: from(),
      internalPort: port,
      edge: { $ref: "#/definitions/edge" },
      edgePools: mapOf(
        { $ref: "#/definitions/edge" },
        { propertyNames: { pattern: "^[a-z]([a-z0-9-]{0,12}[a-z0-9])?$" } },
      ),
      presence: component("presence", {}, {}),
      notifier: component(
        "notifier",
        { channelsFrom: from() },
        { lag: count(), natsMonitoring: text, natsAccount: text, stream: text },
      ),
      serviceAccount: closed({ create: flag, annotations: mapOf(text) }),
      networkPolicy: closed({
        enabled: flag,
        clients: closed({ from: listOf(ofKubernetes) }),
        metrics: closed({ from: listOf(ofKubernetes) }),
        ...Object.fromEntries(
          ["dns", "redis", "sentinels", "nats", "otlp", "jwks", "channels"].map((name) => [name, peers()]),
        ),
      }),
      monitoring: closed({
        monitor: choice("none", "PodMonitor", "ServiceMonitor"),
        interval: { type: "string", pattern: "^[0-9]+(ms|s|m)$" },
        labels: mapOf(text),
        rules: closed({ enabled: flag, labels: mapOf(text) }),
        dashboards: closed({ enabled: flag, labels: mapOf(text), annotations: mapOf(text) }),
      }),
      test: closed({
        tokenFrom: from(),
        room: text,
        event: text,
        subject: text,
        type: text,
        data: ofKubernetes,
        natsUrlFrom: from(),
      }),
    }),
  };
}
