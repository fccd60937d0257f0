/** The settings that every service shares: who and where it is, what it talks to, and the bounds of presence. */

import { DEFAULT_INSTALL, GRAMMAR } from "@rollcall/contracts";
import {
  type ConfigFragment,
  flag,
  integer,
  list,
  oneOf,
  optionalNumber,
  optionalSecret,
  optionalText,
  secret,
  text,
} from "./config.ts";

/** Identity, dependencies, logging, telemetry. */
export const commonConfig = {
  properties: {
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
    CONTRACTS: list({ default: [], description: "Contract files or folders of them." }),
    REDIS_URL: secret({ default: "redis://127.0.0.1:6379", description: "Redis of presence and fan-out." }),
    REDIS_DURABLE_URL: optionalSecret({
      description:
        "Redis of inboxes, queues and revocations. Default: REDIS_URL. In production its own, AOF, noeviction.",
    }),
    NATS_URL: secret({ default: "nats://127.0.0.1:4222", description: "NATS servers, comma-separated." }),
    NATS_CREDS: optionalText({ description: "Path of a NATS credentials file." }),
    NATS_INBOX_PREFIX: optionalText({ description: "Prefix of reply subjects, where permissions restrict them." }),
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
      description: "Least severe level that is logged.",
    }),
    LOG_HASH_KEY: optionalSecret({ description: "Key of the hash that replaces user ids in logs." }),
    OTEL_EXPORTER_OTLP_ENDPOINT: optionalText({
      description: "Base URL of an OTLP/HTTP collector. Without it no spans are made.",
    }),
    TRACE_RATIO: optionalNumber({
      maximum: 1,
      description: "Share of the traces begun here that is sampled. Default: 1 in development, else 0.01.",
    }),
    TRACE_TO_CLIENT: flag({ default: true, description: "Sampled messages carry meta.traceparent to clients." }),
    STOP_GRACE_MS: integer({ default: 25_000, description: "How long a stopping process may take before it ends." }),
  },
} satisfies ConfigFragment;

/** Timing of presence, shared by edges and presence. What their sum promises is in `docs/presence.md`. */
export const boundsConfig = {
  properties: {
    PING_INTERVAL_MS: integer({ default: 6_000, minimum: 50, description: "Between two pings of a client." }),
    PING_TIMEOUT_MS: integer({ default: 5_000, minimum: 50, description: "How long a client may take to answer one." }),
    GRACE_MS: integer({ default: 10_000, description: "How long a session outlives its socket." }),
    LEASE_MS: integer({ default: 6_000, minimum: 100, description: "How long an edge's word for its sessions holds." }),
    LEASE_RENEW_MS: integer({ default: 2_000, minimum: 20, description: "Between two renewals of an edge's lease." }),
    SWEEP_MS: integer({ default: 250, minimum: 10, description: "Between two looks for what has expired." }),
    BRAKE_MS: integer({ default: 30_000, description: "Longest time that evictions are held." }),
    DIGEST_MS: integer({ default: 30_000, minimum: 100, description: "Between two digests of an edge." }),
    RETRY_SLACK_MS: integer({
      default: 2_500,
      description: "Time that a client's first reconnect may take, part of the relation of lease, grace and ping.",
    }),
  },
  relations: [
    ({ LEASE_MS, LEASE_RENEW_MS }) =>
      Number(LEASE_MS) >= 3 * Number(LEASE_RENEW_MS)
        ? undefined
        : `LEASE_MS (${LEASE_MS}) must be at least 3 x LEASE_RENEW_MS (${LEASE_RENEW_MS}): an edge may miss two renewals`,
    ({ LEASE_MS, LEASE_RENEW_MS, GRACE_MS, PING_INTERVAL_MS, PING_TIMEOUT_MS, RETRY_SLACK_MS }) => {
      const heldMs = Number(LEASE_MS) - Number(LEASE_RENEW_MS) + Number(GRACE_MS);
      const neededMs = Number(PING_INTERVAL_MS) + Number(PING_TIMEOUT_MS) + Number(RETRY_SLACK_MS);
      return heldMs >= neededMs
        ? undefined
        : `LEASE_MS - LEASE_RENEW_MS + GRACE_MS (${heldMs}) must be at least PING_INTERVAL_MS + PING_TIMEOUT_MS + RETRY_SLACK_MS (${neededMs}): clients of a hung edge must be back before they are evicted`;
    },
  ],
} satisfies ConfigFragment;
