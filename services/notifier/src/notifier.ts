/** The notifier put together: sources in, emits out, requests answered. */

import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type Contracts, subjectsOf } from "@rollcall/contracts";
import { createFanoutLog, v1Placement } from "@rollcall/fanout";
import {
  type Clock,
  keepStreams,
  type Logger,
  type Metrics,
  type NatsHandle,
  type Need,
  type Random,
  type RedisConnection,
  unmet,
} from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { serveRequests } from "./api/requests.ts";
import { createDeadLetters } from "./dead-letter/dead-letters.ts";
import { createDelivery } from "./delivery/delivery.ts";
import { createEmitOnce } from "./delivery/emit-once.ts";
import { type DurableSettings, findBucket, markBucketStream, startDurable } from "./durable.ts";
import { AccountRing } from "./explain/ring.ts";
import type { Channel } from "./fallback/channel.ts";
import type { ChannelParts } from "./fallback/channels-file.ts";
import { type Faults, withFaults } from "./faults.ts";
import { watchBacklog } from "./intake/backlog.ts";
import { createLease } from "./intake/lease.ts";
import { createProcessor } from "./intake/processor.ts";
import { maxAckPending, type Reader, type ReaderTiming, startReader } from "./intake/reader.ts";
import { routeEmitted } from "./routing/emitted.ts";
import { route } from "./routing/route.ts";
import { decodeMessage } from "./streams/cloud-event.ts";
import {
  deadLetterStream,
  emittedSource,
  parseSources,
  type StreamNeed,
  sourceConsumer,
  sourceStream,
} from "./streams/sources.ts";
import { StreamsError, type StreamsMode, streamsOf } from "./streams/streams.ts";

export interface NotifierOptions extends DurableSettings {
  install: string;
  /** Name of this process. */
  instance: string;
  contracts: Contracts;
  /** `EVENT_SOURCES`. */
  sources: string | undefined;
  mode: StreamsMode;
  redis: RedisConnection;
  /** May be the same. */
  durableRedis: RedisConnection;
  nats: NatsHandle;
  /** Of the `CHANNELS` file. */
  channels(parts: ChannelParts): ReadonlyMap<string, Channel>;
  maxInFlight: number;
  timing: ReaderTiming;
  dedupMs: number;
  logMaxLen: number;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  /** For tests. */
  faults?: Faults;
}

/** Decisions remembered for `delivery.get`. */
const RING_SIZE = 10_000;

export interface Notifier {
  unmet(): readonly Need[];
  stop(graceMs: number): Promise<void>;
}

/** Throws {@link StreamsError} when JetStream is not as `mode` demands. */
export async function startNotifier(options: NotifierOptions): Promise<Notifier> {
  const { install, contracts, redis, durableRedis, nats, clock, random, logger, metrics, mode } = options;
  const { timing, maxInFlight, traceToClient, faults } = options;
  const subjects = subjectsOf(install);
  const emitted = emittedSource(subjects);
  const sources = [...parseSources(options.sources, subjects), emitted];
  const js = jetstream(nats.nc, nats.jetStream);
  const jsm = await jetstreamManager(nats.nc, nats.jetStream);
  const streams = withFaults("streams", streamsOf(jsm, mode), faults);
  const placement = v1Placement;

  await ensureAll();
  const deadLetters = withFaults(
    "deadLetters",
    createDeadLetters({ nc: nats.nc, js, jsm, subjects, mode, logger }),
    faults,
  );
  const log = createFanoutLog(redis.client, { install, maxLen: options.logMaxLen });
  const emitter = createEmitOnce(redis.client, {
    install,
    placement,
    horizonMs: options.dedupMs,
    maxLen: options.logMaxLen,
  });
  const { emit: emitOnce } = withFaults("emitOnce", { emit: emitter }, faults);
  const shared = {
    install,
    contracts,
    placement,
    log,
    nats,
    js,
    jsm,
    mode,
    emitOnce,
    traceToClient,
    clock,
    random,
    logger,
    metrics,
  };
  const durable = await startDurable({
    ...shared,
    faults,
    connection: durableRedis,
    channels: options.channels({ nc: nats.nc, js, jsm, subjects, install, clock, random }),
    inboxSize: options.inboxSize,
    ledgerKeepMs: options.ledgerKeepMs,
    sweepMs: options.sweepMs,
    jobLockMs: options.jobLockMs,
  });
  const delivery = withFaults(
    "delivery",
    createDelivery({
      contracts,
      emitOnce,
      inboxes: durable.inboxes,
      nc: nats.nc,
      subjects,
      placement,
      traceToClient,
    }),
    faults,
  );
  const ring = new AccountRing(RING_SIZE);
  const working = { delivery, deadLetters, clock, random, logger, metrics, ring };
  const fromPublishers = createProcessor({
    ...working,
    route: (message) => route(contracts, message, decodeMessage(message)),
  });
  const fromBackends = createProcessor({
    ...working,
    route: (message) => routeEmitted(contracts, message, decodeMessage(message)),
  });
  const readers = sources.map((source) =>
    startReader({
      source,
      lease: withFaults(
        "lease",
        createLease(redis.client, {
          install,
          cell: placement.cellOf(""),
          source: source.durable,
          leaseMs: timing.leaseMs,
        }),
        faults,
      ),
      memory: durable.memoryOf(source.durable),
      processor: source === emitted ? fromBackends : fromPublishers,
      nats,
      js,
      jsm,
      streams,
      maxInFlight,
      timing,
      clock,
      random,
      logger,
      metrics,
    }),
  );
  const requests = serveRequests({
    install,
    instance: options.instance,
    ring,
    contracts,
    nats,
    js,
    jsm,
    streams,
    subjects,
    delivery,
    durable,
    traceToClient,
    clock,
    random,
    logger,
    metrics,
    faults,
  });
  watchPending(readers);
  const backlog = watchBacklog({ sources, jsm, isUp: () => nats.isUp(), clock, logger, metrics });
  // Ready means that requests find us: the server has seen the subscriptions.
  await nats.nc.flush();
  const kept = keepStreams({
    nats,
    clock,
    logger,
    async ensure() {
      const made = await ensureAll();
      if (mode === "create") await findBucket({ nats, jsm, install, mode });
      return made;
    },
  });

  /** Gives the names of those that were missing and are made. */
  async function ensureAll(): Promise<string[]> {
    const made: string[] = [];
    const differences: string[] = [];
    const ensure = (need: StreamNeed) =>
      collect(streams.ensureStream(need).then((isMade) => void (isMade && made.push(need.name))));
    const collect = async (work: Promise<void>) => {
      try {
        await work;
      } catch (error) {
        if (!(error instanceof StreamsError)) throw error;
        differences.push(...error.differences);
      }
    };
    await ensure(deadLetterStream(subjects));
    for (const source of sources) {
      await ensure(sourceStream(source));
      // A reader makes the consumer: it knows where to begin.
      if (mode === "create") continue;
      const need = sourceConsumer(source, timing.ackWaitMs, maxAckPending(maxInFlight));
      await collect(streams.ensureConsumer(source.stream, need));
    }
    // With `create` the bucket is made where it is opened.
    if (mode === "verify") await ensure(markBucketStream(install));
    if (differences.length > 0) throw new StreamsError(differences);
    return made;
  }

  function watchPending(all: readonly Reader[]): void {
    const age = metrics.gauge(METRICS.notifierPendingAge);
    const held = metrics.gauge(METRICS.notifierInFlight);
    metrics.onScrape(() => {
      const oldest = Math.min(...all.map((reader) => reader.oldestMs() ?? Number.POSITIVE_INFINITY));
      age.set(Number.isFinite(oldest) ? Math.max(0, (clock.now() - oldest) / 1000) : 0);
      held.set(all.reduce((sum, reader) => sum + reader.inFlight(), 0));
    });
  }

  return {
    unmet: () =>
      unmet({
        redis: redis.isUp(),
        "redis-durable": durableRedis === redis || durableRedis.isUp(),
        nats: nats.isUp(),
        intake: readers.every((reader) => reader.isHealthy()),
      }),
    async stop(graceMs) {
      kept.close();
      backlog.cancel();
      await Promise.all([
        ...requests.map((served) => served.close()),
        ...readers.map((reader) => reader.stop(graceMs)),
      ]);
      await durable.stop();
    },
  };
}
