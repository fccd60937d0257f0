/**
 * Values that must render, and values that must not. The least of all is in `minimal`; the others add to it.
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

/** Why each is refused, in the words that an operator reads. */
export const BAD: Record<string, { values: Values; says: RegExp }> = {
  "a misspelt value": { values: { egde: {} }, says: /additional properties 'egde' not allowed/ },
  "a setting that does not exist": { values: { config: { MAX_CONECTIONS: 1 } }, says: /'MAX_CONECTIONS' not allowed/ },
  "a setting of another service": {
    values: { presence: { config: { MAX_CONNECTIONS: 1 } } },
    says: /'MAX_CONNECTIONS' not allowed/,
  },
  "a setting that has a value of its own": {
    values: { edge: { config: { DRAIN_MS: 1 } } },
    says: /'DRAIN_MS' not allowed/,
  },
  "a setting out of range": { values: { config: { MAX_PAYLOAD_BYTES: 10 } }, says: /MAX_PAYLOAD_BYTES.*\n?.*minimum/ },
  "both autoscalers": { values: { edge: { autoscaling: { mode: "hpa,keda" } } }, says: /edge\/autoscaling\/mode/ },
  "the latest image": { values: { image: { tag: "latest" } }, says: /image\/tag/ },
  "a password in a value": {
    values: { redis: { url: "redis://:hunter2@redis:6379" } },
    says: /redis\.url has a user or password: put the whole URL into a secret/,
  },
  "no redis": {
    values: { redis: { url: "" } },
    says: /redis\.url \(without a password\) or redis\.urlFrom\.secret is needed/,
  },
  "no nats": {
    values: { nats: { url: "" } },
    says: /nats\.url \(without a password\) or nats\.urlFrom\.secret is needed/,
  },
  "nobody signs": { values: { auth: { jwks: { url: "" } } }, says: /nobody could connect/ },
  "no audience": { values: { auth: { audience: "" } }, says: /a token for another service must not open this one/ },
  "sentinel without sentinels": {
    values: { redis: { mode: "sentinel" } },
    says: /redis\.mode sentinel needs redis\.sentinels/,
  },
  "tls to a plain redis": { values: { redis: { tls: { secret: "x" } } }, says: /begins with rediss:/ },
  "creds and nkey": {
    values: { nats: { credsFrom: { secret: "x" }, nkeyFrom: { secret: "x" } } },
    says: /exclude each other: a connection is one user's/,
  },
  "half a certificate": {
    values: { nats: { tls: { secret: "x", certKey: "tls.crt" } } },
    says: /nats\.tls\.certKey and nats\.tls\.keyKey belong together/,
  },
  "a grace that is too short": {
    values: { edge: { stop: { terminationGracePeriodSeconds: 30 } } },
    says: /is 30, but preStopSeconds \+ graceMs \+ 5 s is 35: the pod would be killed while it drains/,
  },
  "a drain that does not fit": {
    values: { edge: { stop: { drainMs: 25_000 } } },
    says: /edge\.stop\.drainMs \+ 5000 must not exceed edge\.stop\.graceMs/,
  },
  "a drain of a pool that does not fit": {
    values: { edgePools: { acme: { stop: { drainMs: 25_000 } } } },
    says: /edgePools\.acme\.stop\.drainMs \+ 5000 must not exceed/,
  },
  "a grace of presence that is too short": {
    values: { presence: { stop: { terminationGracePeriodSeconds: 1 } } },
    says: /presence\.stop\.terminationGracePeriodSeconds is 1, but/,
  },
  "a grace of the notifier that is too short": {
    values: { notifier: { stop: { terminationGracePeriodSeconds: 1 } } },
    says: /notifier\.stop\.terminationGracePeriodSeconds is 1, but/,
  },
  "more at least than at most": {
    values: { presence: { autoscaling: { minReplicas: 9 } } },
    says: /presence\.autoscaling\.minReplicas exceeds maxReplicas/,
  },
  "keda without a source": { values: { notifier: { autoscaling: { mode: "keda" } } }, says: /needs natsMonitoring/ },
  "a route to no gateway": {
    values: { edge: { httpRoute: { enabled: true } } },
    says: /httpRoute\.parentRefs is needed/,
  },
  "an ingress without hosts": { values: { edge: { ingress: { enabled: true } } }, says: /ingress\.hosts is needed/ },
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
