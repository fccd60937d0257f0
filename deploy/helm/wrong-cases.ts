/** Values that must not render: each over `minimal` of `cases.ts`, deeply. */

import type { Values } from "./cases.ts";

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
  "an algorithm of a shared secret": {
    values: { config: { JWT_ALGORITHMS: ["HS256"] } },
    says: /JWT_ALGORITHMS\/0'.*\n?.*must be one of 'EdDSA'/,
  },
  "a lease that a renewal may not miss": {
    values: { config: { LEASE_MS: 1_000 } },
    says: /edge would not start: LEASE_MS must be at least 3 x LEASE_RENEW_MS.*\(LEASE_MS=1000 LEASE_RENEW_MS=2000\)/,
  },
  "a grace in which nobody is back": {
    values: { config: { GRACE_MS: 10 } },
    says: /edge would not start: LEASE_MS - LEASE_RENEW_MS \+ GRACE_MS must be at least .*GRACE_MS=10 /,
  },
  "a relation of presence that does not hold": {
    values: { presence: { config: { OCCUPANCY_ABOVE: 50 } } },
    says: /presence would not start: OCCUPANCY_BELOW must be less than OCCUPANCY_ABOVE/,
  },
  "a relation of the notifier that does not hold": {
    values: { config: { INTAKE_LEASE_MS: 1_000 } },
    says: /notifier would not start: INTAKE_LEASE_MS must be at least 3 x INTAKE_RENEW_MS/,
  },
  "a relation of a pool that does not hold": {
    values: { edgePools: { web: {}, acme: { config: { OPEN_WAIT_MS: 60_000 } } } },
    says: /edgePools\.acme would not start: OPEN_WAIT_MS \+ 1000 must not exceed/,
  },
  "every origin in production": {
    values: { config: { ORIGINS: ["https://app.example.com", "*"] } },
    says: /edge would not start: ORIGINS may hold \* only when ROLLCALL_ENV is development/,
  },
  "metrics to no collector": {
    values: { config: { OTEL_METRICS_EXPORTER: "otlp" } },
    says: /would not start: OTEL_METRICS_EXPORTER otlp needs OTEL_EXPORTER_OTLP_ENDPOINT/,
  },
  "a grace that differs": {
    values: { presence: { config: { GRACE_MS: 20_000 } } },
    says: /GRACE_MS is 10000 in edge and 20000 in presence, but has to be the same everywhere: set config\.GRACE_MS/,
  },
  "a log whose length differs": {
    values: { notifier: { config: { LOG_MAX_LEN: 50_000 } } },
    says: /LOG_MAX_LEN is 100000 in edge and 50000 in notifier, but/,
  },
  "a life of tokens that differs by pool": {
    values: { edgePools: { acme: { config: { MAX_TOKEN_TTL: "12h" } }, web: {} } },
    says: /MAX_TOKEN_TTL is 12h in edgePools\.acme and 1d in edgePools\.web, but/,
  },
  "more heap than memory": {
    values: { edge: { resources: { limits: { memory: "1Gi" } } } },
    says: /edge\.resources\.limits\.memory 1Gi leaves Node a heap of 819 MiB, less than MAX_HEAP_MB 1536/,
  },
  "more heap than memory in bytes": {
    values: { edge: { resources: { limits: { memory: 1_073_741_824 } } } },
    says: /leaves Node a heap of 819 MiB/,
  },
  "a roll that can replace no pod": {
    values: { presence: { rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } } },
    says: /presence\.rollingUpdate\.maxSurge and maxUnavailable are both 0: no pod could ever be replaced/,
  },
  "one port for clients and probes": {
    values: { internalPort: 4000 },
    says: /edge\.port and internalPort are both 4000/,
  },
  "both autoscalers": { values: { edge: { autoscaling: { mode: "hpa,keda" } } }, says: /edge\/autoscaling\/mode/ },
  "the latest image": { values: { image: { tag: "latest" } }, says: /image\.tag latest names no version/ },
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
    says: /edge would not start: DRAIN_MS \+ 5000 must not exceed STOP_GRACE_MS/,
  },
  "a drain of a pool that does not fit": {
    values: { edgePools: { acme: { stop: { drainMs: 25_000 } } } },
    says: /edgePools\.acme would not start: DRAIN_MS \+ 5000 must not exceed/,
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
