/** Everything that durable events need, put together: store, inboxes, fallback, low-water marks. */

import { type JetStreamClient, type JetStreamManager, jetstream } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { type Contracts, subjectsOf } from "@rollcall/contracts";
import { type FanoutLog, keysOf, type Placement } from "@rollcall/fanout";
import type { Clock, Logger, Metrics, NatsHandle, Random, RedisConnection } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import type { RedisOptions } from "bullmq";
import type { EmitOnce } from "./delivery/emit-once.ts";
import { createInboxDelivery, type InboxDelivery } from "./delivery/inbox-delivery.ts";
import type { Channel } from "./fallback/channel.ts";
import { type Fallback, startFallback } from "./fallback/fallback.ts";
import { type Faults, withFaults } from "./faults.ts";
import { type Announce, createAnnounce } from "./inbox/announce.ts";
import { createInboxStore, type InboxStore } from "./inbox/inbox-store.ts";
import type { Outcome } from "./inbox/inbox-types.ts";
import { createPreferences, type Preferences } from "./inbox/preferences.ts";
import { createLowWater } from "./intake/low-water.ts";
import type { SourceMemory } from "./intake/reread.ts";
import type { StreamNeed } from "./streams/sources.ts";
import { ensureStream, type StreamsMode } from "./streams/streams.ts";

/** What is said of durable events where the notifier is set up. */
export interface DurableSettings {
  inboxSize: number;
  ledgerKeepMs: number;
  sweepMs: number;
  jobLockMs: number;
  traceToClient: boolean;
}

export interface DurableOptions extends DurableSettings {
  install: string;
  contracts: Contracts;
  placement: Placement;
  /** The durable Redis. */
  connection: RedisConnection;
  log: FanoutLog;
  nats: NatsHandle;
  js: JetStreamClient;
  jsm: JetStreamManager;
  mode: StreamsMode;
  emitOnce: EmitOnce;
  channels: ReadonlyMap<string, Channel>;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  faults: Faults | undefined;
}

export interface Durable {
  store: InboxStore;
  preferences: Preferences;
  inboxes: InboxDelivery;
  announce: Announce;
  onOutcomes(outcomes: readonly Outcome[]): void;
  memoryOf(source: string): SourceMemory;
  stop(): Promise<void>;
}

/** Must exceed the longest time that a worker's blocking command waits. */
const BULL_SOCKET_TIMEOUT_MS = 30_000;

export async function startDurable(options: DurableOptions): Promise<Durable> {
  const { install, contracts, placement, connection, metrics } = options;
  const cell = placement.cellOf("");
  const store = withFaults(
    "store",
    createInboxStore({
      connection,
      install,
      placement,
      maxItems: options.inboxSize,
      keepMs: options.ledgerKeepMs,
    }),
    options.faults,
  );
  const channels = new Map(
    [...options.channels].map(([name, channel]) => [name, withFaults("channel", channel, options.faults)]),
  );
  const preferences = createPreferences(store);
  const outcomes = metrics.counter(METRICS.notifierOutcomes);
  const onOutcomes = (ended: readonly Outcome[]) => {
    for (const { state, reason } of ended) outcomes.inc({ outcome: state, reason });
  };
  const lowWater = withFaults(
    "lowWater",
    createLowWater(await openBucket(options), () => findBucket(options)),
    options.faults,
  );
  const fallback: Fallback = startFallback({
    contracts,
    store,
    preferences,
    channels,
    prefix: `${keysOf(install, cell).prefix}bull`,
    connection: bullConnection(connection),
    cells: [cell],
    everyMs: options.sweepMs,
    lockMs: options.jobLockMs,
    clock: options.clock,
    random: options.random,
    logger: options.logger,
    metrics,
    faults: options.faults,
  });
  const { say: announce } = withFaults("announce", { say: createAnnounce(options) }, options.faults);
  return {
    store,
    preferences,
    announce,
    inboxes: createInboxDelivery({
      store,
      preferences,
      emitOnce: options.emitOnce,
      announce,
      traceToClient: options.traceToClient,
      onOutcomes,
    }),
    onOutcomes,
    memoryOf: (source) => ({
      isCurrent: () => store.isCurrent(cell, source),
      begin: () => store.raise(cell),
      settled: (epoch) => store.markCurrent(cell, source, epoch),
      lowestOpen: () => store.lowestOpen(cell, source),
      loadMark: () => lowWater.load(source),
      saveMark: (mark) => lowWater.save(source, mark),
    }),
    stop: () => fallback.stop(),
  };
}

/** The stream behind the bucket of low-water marks, for `STREAMS=verify`. */
export function markBucketStream(install: string): StreamNeed {
  const subjects = subjectsOf(install);
  return { name: subjects.marksStream(), subjects: [subjects.marksAll()] };
}

function openBucket({ nats, install, mode }: Pick<DurableOptions, "nats" | "install" | "mode">): Promise<KV> {
  const kvm = new Kvm(jetstream(nats.nc, nats.jetStream));
  const bucket = subjectsOf(install).marksBucket();
  return mode === "create" ? kvm.create(bucket, { history: 1 }) : kvm.open(bucket);
}

/** Makes it anew when it is gone and `mode` allows it; else rejects with what is missing, also where it was trusted. */
export async function findBucket(options: Pick<DurableOptions, "nats" | "jsm" | "install" | "mode">): Promise<void> {
  if (options.mode === "create") await openBucket(options);
  else await ensureStream(options.jsm, markBucketStream(options.install), "verify");
}

/** Same server, its own connections: workers block, and wait for Redis instead of failing. */
function bullConnection({ client }: RedisConnection): RedisOptions {
  const options = {
    ...client.options,
    maxRetriesPerRequest: null,
    commandTimeout: undefined,
    socketTimeout: BULL_SOCKET_TIMEOUT_MS,
  };
  // The same library's options, which bullmq only declares a little stricter.
  return options as RedisOptions;
}
