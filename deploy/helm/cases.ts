/**
 * Values that must render; those that must not are in `wrong-cases.ts`. The least of all is in `minimal`; the others add to it.
 */

export type Values = Record<string, unknown>;

const auth = { issuer: "https://id.example.com", audience: "rollcall", jwks: { url: "https://id.example.com/jwks" } };
export const minimal: Values = {
  redis: { url: "redis://redis:6379" },
  nats: { url: "nats://nats:4222" },
  auth,
};

const secret = (name: string) => ({ secret: name });
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const httpRoute = {
  enabled: true,
  parentRefs: [{ name: "public", namespace: "gateways" }],
  hostnames: ["live.example.com"],
};
const smoke = {
  tokenFrom: secret("smoke"),
  room: "board:smoke",
  event: "note:added",
  subject: "events.boards",
  type: "note.added",
  data: { board: "smoke" },
  natsUrlFrom: secret("smoke"),
};
const board = `rollcall: 1
namespace: /
rooms:
  "board:*": {}
`;

/** Each over `minimal`, deeply. */
export const GOOD: Record<string, Values> = {
  minimal: {},
  everything: {
    install: "blue",
    image: { repository: "registry.example.com/live/rollcall", tag: "1.2.3", pullSecrets: ["registry"] },
    commonLabels: { team: "live" },
    config: {
      LOG_LEVEL: "warn",
      ORIGINS: ["https://app.example.com", "https://*.example.org"],
      LOG_MAX_LEN: 1_000_000,
      TRACE_RATIO: 0.05,
      MAX_TOKEN_TTL: "12h",
    },
    contracts: { files: { "board.yaml": board } },
    auth: { issuersFrom: { configMap: "issuers" } },
    redis: {
      url: "",
      urlFrom: secret("redis"),
      durable: { urlFrom: secret("redis") },
      tls: { ...secret("redis-tls"), certKey: "tls.crt", keyKey: "tls.key" },
    },
    nats: { url: "tls://nats:4222", credsFrom: secret("nats-creds"), tls: secret("nats-tls"), streams: "create" },
    telemetry: { otlpEndpoint: "http://otel-collector.observability:4318" },
    logHashKeyFrom: secret("rollcall"),
    edge: {
      config: { MAX_CONNECTIONS: 15_000 },
      autoscaling: { mode: "hpa" },
      tls: secret("edge-tls"),
      httpRoute,
      ingress: { enabled: true, className: "nginx", hosts: ["live.example.com"], tlsSecret: "live-tls" },
    },
    presence: { autoscaling: { mode: "hpa" } },
    notifier: { channelsFrom: secret("channels"), autoscaling: { mode: "keda", natsMonitoring: "nats.nats:8222" } },
    monitoring: { monitor: "ServiceMonitor" },
    test: smoke,
  },
  // What excludes parts of `everything`, and what few set: between them each line of the templates is rendered.
  "the rest": {
    nameOverride: "rollcall",
    auth: { jwks: { url: "", configMap: "jwks" } },
    contracts: { existingConfigMap: "contracts" },
    redis: {
      mode: "sentinel",
      url: "rediss://mymaster",
      sentinels: ["s-0.s:26379"],
      sentinelPasswordFrom: secret("redis"),
      durable: { url: "redis://redis-durable:6379" },
      tls: { ...secret("redis-tls"), serverName: "redis.internal" },
    },
    nats: {
      url: "",
      urlFrom: secret("nats"),
      nkeyFrom: secret("nats"),
      tls: { ...secret("nats-tls"), certKey: "tls.crt", keyKey: "tls.key" },
      jetStreamDomain: "hub",
    },
    image: { digests: { edge: digest("e") } },
    serviceAccount: { annotations: { "iam.example.com/role": "rollcall" } },
    edge: {
      podLabels: { tier: "front" },
      podAnnotations: { "example.com/team": "live" },
      priorityClassName: "high",
      nodeSelector: { pool: "edges" },
      tolerations: [{ key: "edges", operator: "Exists" }],
      affinity: { nodeAffinity: {} },
      topologySpreadConstraints: [
        { topologyKey: "kubernetes.io/hostname", maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway", labelSelector: {} },
      ],
      autoscaling: { mode: "keda", prometheusUrl: "http://prometheus.monitoring:9090" },
      service: { annotations: { "example.com/idle-timeout": "3600" } },
      httpRoute: { ...httpRoute, annotations: { "example.com/owner": "live" } },
      ingress: {
        enabled: true,
        hosts: ["live.example.com"],
        annotations: { "example.com/proxy-read-timeout": "3600" },
      },
    },
    monitoring: { monitor: "PodMonitor", labels: { release: "prometheus" } },
  },
  "redis sentinel": {
    redis: {
      mode: "sentinel",
      url: "redis://mymaster",
      sentinels: ["s-0.s:26379", "s-1.s:26379"],
      sentinelPasswordFrom: secret("redis"),
    },
  },
  "redis cluster": { redis: { mode: "cluster", url: "redis://redis-cluster:6379" } },
  "redis tls": {
    redis: { url: "rediss://redis:6380", tls: { ...secret("redis-tls"), serverName: "redis.internal" } },
    networkPolicy: { redis: { ports: [6380] } },
  },
  "redis users": {
    redis: {
      url: "",
      urlFrom: { secret: "redis", keys: { edge: "edge-url", presence: "presence-url", notifier: "notifier-url" } },
    },
  },
  "redis durable": { redis: { durable: { url: "redis://redis-durable:6379" } } },
  "nats tls": {
    nats: { url: "tls://nats:4222", tls: { ...secret("nats-tls"), certKey: "tls.crt", keyKey: "tls.key" } },
  },
  "nats creds": { nats: { credsFrom: secret("nats") } },
  "nats nkey": { nats: { nkeyFrom: secret("nats") } },
  "nats user": { nats: { url: "", urlFrom: secret("nats") } },
  keda: {
    edge: { autoscaling: { mode: "keda", prometheusUrl: "http://prometheus.monitoring:9090" } },
    presence: { autoscaling: { mode: "keda" } },
    notifier: { autoscaling: { mode: "keda", natsMonitoring: "nats.nats:8222" } },
  },
  "gateway api": { edge: { httpRoute } },
  pools: {
    edgePools: {
      web: { replicas: 6, httpRoute },
      acme: {
        config: { MAX_CONNECTIONS: 5_000 },
        stop: { preStopSeconds: 15 },
        autoscaling: { mode: "hpa", maxReplicas: 40 },
      },
    },
  },
  "own contracts": { contracts: { existingConfigMap: "contracts" }, auth: { jwks: { url: "", configMap: "jwks" } } },
  observed: {
    monitoring: {
      monitor: "PodMonitor",
      rules: { enabled: true, labels: { "example.com/of": "rules" } },
      dashboards: {
        enabled: true,
        labels: { grafana_dashboard: "1" },
        annotations: { "example.com/grafana-folder": "Live" },
      },
    },
  },
  "images by digest": {
    global: { of: "an umbrella chart" },
    fullnameOverride: "live",
    test: smoke,
    image: { digests: { edge: digest("e"), presence: digest("f"), notifier: digest("a"), smoke: digest("b") } },
  },
  bare: { networkPolicy: { enabled: false }, serviceAccount: { create: false } },
  "other ports": {
    redis: { url: "redis://redis:6380" },
    nats: { url: "nats://nats-0:4222,nats://nats-1:4223" },
    auth: { jwks: { url: "https://id.example.com:8443/jwks" } },
    telemetry: { otlpEndpoint: "http://otel-collector.observability" },
  },
  // On the edge of what is refused.
  "just enough": {
    config: { LEASE_MS: 6_000, LEASE_RENEW_MS: 2_000, GRACE_MS: 9_500, ORIGINS: ["*"], ROLLCALL_ENV: "development" },
    edge: {
      config: { MAX_HEAP_MB: 819, OPEN_WAIT_MS: 1_500, OTEL_METRICS_EXPORTER: "otlp", GRACE_MS: 9_500 },
      resources: { requests: { memory: "1Gi" }, limits: { memory: "1Gi" } },
    },
    telemetry: { otlpEndpoint: "http://otel-collector.observability:4318" },
    presence: { config: { OCCUPANCY_ABOVE: 101 }, resources: { limits: { memory: "0.75G" } } },
    notifier: {
      config: { DEDUP_MS: 20_000, INTAKE_ACK_WAIT_MS: 5_000 },
      resources: { limits: { memory: "805306368000m" } },
    },
  },
  "slow drain": {
    edge: { stop: { preStopSeconds: 20, drainMs: 60_000, graceMs: 70_000, terminationGracePeriodSeconds: 120 } },
  },
  placed: {
    // Of a release of this name: it is not said twice.
    nameOverride: "demo",
    edge: {
      topologySpread: false,
      nodeSelector: { pool: "edges" },
      tolerations: [{ key: "edges", operator: "Exists" }],
      priorityClassName: "high",
    },
    presence: { pdb: { enabled: false } },
  },
};

/** Deeply, as Helm merges values: lists are replaced. */
export function merged(base: Values, over: Values): Values {
  const result: Values = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const there = result[key];
    result[key] = isMap(value) && isMap(there) ? merged(there, value) : value;
  }
  return result;
}

const isMap = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);
