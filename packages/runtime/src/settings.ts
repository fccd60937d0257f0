/** The settings that every service shares: who and where it is, what it talks to, and the bounds of presence. */

import { DEFAULT_INSTALL, GRAMMAR } from "@rollcall/contracts";
import { parseSizeSteps } from "@rollcall/telemetry";
import {
  type ConfigFragment,
  flag,
  integer,
  list,
  oneOf,
  optionalFile,
  optionalNumber,
  optionalSecret,
  optionalText,
  secret,
  text,
} from "./config.ts";
import { needs, sumAtLeast, together } from "./relations.ts";

/** Where Redis is, and how it is found and spoken to: of services and of the command line. */
export const redisConfig = {
  properties: {
    REDIS_URL: secret({
      default: "redis://127.0.0.1:6379",
      description:
        "Redis of presence and fan-out; rediss:// is TLS. Behind Sentinels its host is the name of the primary.",
    }),
    REDIS_MODE: oneOf(["single", "sentinel", "cluster"], {
      default: "single",
      description:
        "single: the URL names a primary, or an endpoint that always leads to one. sentinel: REDIS_SENTINELS know it. cluster: the URL names a node that knows which one owns the installation's slot.",
    }),
    REDIS_SENTINELS: list({ default: [], description: "Sentinels, host[:port] each; default port 26379." }),
    REDIS_SENTINEL_PASSWORD: optionalSecret({ description: "Password of the Sentinels themselves." }),
    REDIS_TLS_CA: optionalFile({ description: "Path of the certificates that Redis's is checked against." }),
    REDIS_TLS_CERT: optionalFile({ description: "Path of the certificate shown to Redis; read at each connection." }),
    REDIS_TLS_KEY: optionalFile({ description: "Path of its private key." }),
    REDIS_TLS_SERVERNAME: optionalText({
      description: "Name that Redis's certificate must have. Default: the host connected to.",
    }),
  },
  relations: [
    {
      rule: "REDIS_MODE sentinel needs REDIS_SENTINELS, and only it",
      between: ["REDIS_MODE", "REDIS_SENTINELS"],
      holds: ({ REDIS_MODE, REDIS_SENTINELS }) =>
        (REDIS_MODE === "sentinel") === (REDIS_SENTINELS as string[]).length > 0,
    },
    {
      rule: "REDIS_TLS_* need a REDIS_URL that begins with rediss://",
      between: ["REDIS_URL", "REDIS_TLS_CA", "REDIS_TLS_CERT", "REDIS_TLS_SERVERNAME"],
      holds: ({ REDIS_URL, REDIS_TLS_CA, REDIS_TLS_CERT, REDIS_TLS_SERVERNAME }) =>
        [REDIS_TLS_CA, REDIS_TLS_CERT, REDIS_TLS_SERVERNAME].every((setting) => setting === undefined) ||
        String(REDIS_URL).startsWith("rediss://"),
    },
    together("REDIS_TLS_CERT", "REDIS_TLS_KEY"),
  ],
} satisfies ConfigFragment;

/** Where NATS is, and who speaks to it: of services and of the command line. */
export const natsConfig = {
  properties: {
    NATS_URL: secret({ default: "nats://127.0.0.1:4222", description: "NATS servers, comma-separated." }),
    NATS_CREDS: optionalFile({ description: "Path of a NATS credentials file; read at each connection." }),
    NATS_NKEY: optionalSecret({ description: "Seed of the NATS user's nkey." }),
    NATS_TLS_CA: optionalFile({ description: "Path of the certificates that the NATS servers' are checked against." }),
    NATS_TLS_CERT: optionalFile({ description: "Path of the certificate shown to NATS; read at each connection." }),
    NATS_TLS_KEY: optionalFile({ description: "Path of its private key." }),
    NATS_INBOX_PREFIX: optionalText({ description: "Prefix of reply subjects, where permissions restrict them." }),
    NATS_JS_DOMAIN: optionalText({ description: "JetStream domain, where the servers connected to are leaf nodes." }),
  },
  relations: [
    together("NATS_TLS_CERT", "NATS_TLS_KEY"),
    {
      rule: "NATS_CREDS and NATS_NKEY exclude each other: a connection is one user's",
      between: ["NATS_CREDS", "NATS_NKEY"],
      holds: ({ NATS_CREDS, NATS_NKEY }) => NATS_CREDS === undefined || NATS_NKEY === undefined,
    },
  ],
} satisfies ConfigFragment;

/** Identity, dependencies, logging, telemetry. */
export const commonConfig = {
  properties: {
    SETTINGS_FILE: optionalText({
      description: "Path of a file of NAME=value lines: settings that the environment does not name.",
    }),
    INSTALL: text({
      default: DEFAULT_INSTALL,
      pattern: GRAMMAR.install,
      description: "Prefix of every subject, stream and Redis key of this installation.",
    }),
    INSTANCE: optionalText({ description: "Name of this process, for example edge-1. Default: the host's name." }),
    ROLLCALL_ENV: oneOf(["development", "production"], {
      default: "production",
      description: "development relaxes what only a laptop may: tokens without issuer and audience.",
    }),
    CONTRACTS: list({
      default: [],
      description: "Contract files, folders of them, or patterns such as teams/*/contracts/*.yaml.",
    }),
    ...redisConfig.properties,
    REDIS_DURABLE_URL: optionalSecret({
      description:
        "Redis of inboxes, queues and revocations. Default: REDIS_URL. In production its own, AOF, noeviction.",
    }),
    ...natsConfig.properties,
    STREAMS: oneOf(["create", "verify", "off"], {
      default: "verify",
      description: "create makes missing JetStream streams; verify prints what differs and stops; off trusts.",
    }),
    INTERNAL_PORT: integer({
      default: 0,
      maximum: 65_535,
      description: "Port of probes and metrics; 0 takes a free one.",
    }),
    INTERNAL_HOST: text({ default: "0.0.0.0", description: "Address the internal port listens on." }),
    LOG_LEVEL: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
      default: "info",
      description:
        "Least severe level that is logged. SIGUSR2 changes it in a running process: debug, trace, back again.",
    }),
    LOG_HASH_KEY: optionalSecret({ description: "Key of the hash that replaces user ids in logs." }),
    OTEL_EXPORTER_OTLP_ENDPOINT: optionalText({
      description: "Base URL of an OTLP/HTTP collector. Without it no spans are made.",
    }),
    OTEL_METRICS_EXPORTER: oneOf(["prometheus", "otlp"], {
      default: "prometheus",
      description: "prometheus: metrics are read from /metrics. otlp: they are also pushed to the collector.",
    }),
    OTEL_METRIC_EXPORT_INTERVAL: integer({
      default: 60_000,
      minimum: 1_000,
      description: "Milliseconds between two pushes of metrics.",
    }),
    TRACE_RATIO: optionalNumber({
      maximum: 1,
      description: "Share of the traces begun here that is sampled. Default: 1 in development, else 0.01.",
    }),
    TRACE_STEPS: text({
      default: "1000:0.1,10000:0.01",
      pattern: "^(none|[0-9]{1,9}:(0|1|0\\.[0-9]{1,9})(,[0-9]{1,9}:(0|1|0\\.[0-9]{1,9}))*)$",
      description:
        "Above so many recipients on one edge, that share of the sampled deliveries has a span: `size:share,...`.",
    }),
    TRACE_SLOW_MS: integer({
      default: 1_000,
      minimum: 1,
      description: "What takes so long has a span whatever the ratio says, as what fails has.",
    }),
    TRACE_TO_CLIENT: flag({ default: true, description: "Sampled messages carry meta.traceparent to clients." }),
    STOP_GRACE_MS: integer({ default: 25_000, description: "How long a stopping process may take before it ends." }),
  },
  relations: [
    ...redisConfig.relations,
    ...natsConfig.relations,
    needs(
      "OTEL_METRICS_EXPORTER otlp needs OTEL_EXPORTER_OTLP_ENDPOINT",
      { setting: "OTEL_METRICS_EXPORTER", value: "otlp" },
      { setting: "OTEL_EXPORTER_OTLP_ENDPOINT" },
    ),
    {
      rule: "TRACE_STEPS must name ascending sizes and falling shares: a larger audience is no reason for more spans",
      between: ["TRACE_STEPS"],
      holds: ({ TRACE_STEPS }) => parseSizeSteps(String(TRACE_STEPS)) !== undefined,
    },
  ],
} satisfies ConfigFragment;

/** Timing of presence, shared by edges and presence. What their sum promises is in `docs/presence.md`. */
export const boundsConfig = {
  properties: {
    PING_INTERVAL_MS: integer({
      same: true,
      default: 6_000,
      minimum: 50,
      description: "Between two pings of a client.",
    }),
    PING_TIMEOUT_MS: integer({
      same: true,
      default: 5_000,
      minimum: 50,
      description: "How long a client may take to answer one.",
    }),
    GRACE_MS: integer({ same: true, default: 10_000, description: "How long a session outlives its socket." }),
    LEASE_MS: integer({
      same: true,
      default: 6_000,
      minimum: 100,
      description: "How long an edge's word for its sessions holds.",
    }),
    LEASE_RENEW_MS: integer({
      same: true,
      default: 2_000,
      minimum: 20,
      description: "Between two renewals of an edge's lease.",
    }),
    SWEEP_MS: integer({ default: 250, minimum: 10, description: "Between two looks for what has expired." }),
    BRAKE_MS: integer({ default: 30_000, description: "Longest time that evictions are held." }),
    DIGEST_MS: integer({ default: 30_000, minimum: 100, description: "Between two digests of an edge." }),
    RETRY_SLACK_MS: integer({
      same: true,
      default: 2_500,
      description: "Time that a client's first reconnect may take, part of the relation of lease, grace and ping.",
    }),
  },
  relations: [
    sumAtLeast("LEASE_MS must be at least 3 x LEASE_RENEW_MS: an edge may miss two renewals", {
      LEASE_MS: 1,
      LEASE_RENEW_MS: -3,
    }),
    sumAtLeast(
      "LEASE_MS - LEASE_RENEW_MS + GRACE_MS must be at least PING_INTERVAL_MS + PING_TIMEOUT_MS + RETRY_SLACK_MS: clients of a hung edge must be back before they are evicted",
      {
        ...{ LEASE_MS: 1, LEASE_RENEW_MS: -1, GRACE_MS: 1 },
        ...{ PING_INTERVAL_MS: -1, PING_TIMEOUT_MS: -1, RETRY_SLACK_MS: -1 },
      },
    ),
  ],
} satisfies ConfigFragment;
