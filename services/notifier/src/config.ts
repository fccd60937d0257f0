/** Settings of the notifier. */

import {
  type ConfigFragment,
  commonConfig,
  defineConfig,
  integer,
  optionalFile,
  optionalText,
  sumAtLeast,
} from "@rollcall/runtime";

export const notifierConfig = {
  properties: {
    EVENT_SOURCES: optionalText({
      description: "Where domain events come from: a list of stream[:filter]. Default: EVENTS on events.>.",
    }),
    INTAKE_IN_FLIGHT: integer({
      default: 256,
      minimum: 1,
      maximum: 10_000,
      description: "Domain events in hand at once, per source; what waits for Redis waits in NATS beyond that.",
    }),
    INTAKE_ACK_WAIT_MS: integer({
      default: 5_000,
      minimum: 300,
      description: "How long after the last sign of a reader its events are given to the next one.",
    }),
    INTAKE_LEASE_MS: integer({
      default: 3_000,
      minimum: 300,
      description: "How long a reader's word for its source holds.",
    }),
    INTAKE_RENEW_MS: integer({ default: 1_000, minimum: 50, description: "Between two renewals of it." }),
    DEDUP_MS: integer({
      default: 600_000,
      minimum: 1_000,
      description: "How long an emitted event is remembered, so that its redelivery or repeat emits nothing.",
    }),
    CHANNELS: optionalFile({ description: "YAML file of the fallback channels that contracts name." }),
    INBOX_SIZE: integer({
      default: 1_000,
      minimum: 1,
      maximum: 100_000,
      description: "Durable events an inbox keeps at most; a newer one ends the oldest.",
    }),
    LEDGER_KEEP_MS: integer({
      default: 7 * 86_400_000,
      minimum: 60_000,
      description: "How long the ledger remembers an event after its ttl.",
    }),
    FALLBACK_SWEEP_MS: integer({
      default: 250,
      minimum: 10,
      description: "Between two looks for fallbacks that are due.",
    }),
    FALLBACK_LOCK_MS: integer({
      default: 15_000,
      minimum: 500,
      description: "How long a fallback's worker may be silent before another one works its job again.",
    }),
    LOG_MAX_LEN: integer({
      default: 100_000,
      minimum: 1_000,
      same: true,
      description: "Entries the fan-out log keeps, approximately.",
    }),
  },
  relations: [
    sumAtLeast("INTAKE_LEASE_MS must be at least 3 x INTAKE_RENEW_MS: a reader may miss two renewals", {
      INTAKE_LEASE_MS: 1,
      INTAKE_RENEW_MS: -3,
    }),
    sumAtLeast("DEDUP_MS must be at least 4 x INTAKE_ACK_WAIT_MS: a redelivery must be known", {
      DEDUP_MS: 1,
      INTAKE_ACK_WAIT_MS: -4,
    }),
  ],
} satisfies ConfigFragment;

export const config = defineConfig(commonConfig, notifierConfig);
