/** One replica: its store, its workers, and what it answers. `main.ts` gives it connections. */

import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers as createHeaders, RequestError } from "@nats-io/nats-core";
import { type Contracts, subjectsOf } from "@rollcall/contracts";
import type {
  ControlMessage,
  HelloRequest,
  LaneRequest,
  LeaseRequest,
  PublishRequest,
} from "@rollcall/contracts/internal";
import {
  ANSWER_WITHIN_MS,
  type Clock,
  keepStreams,
  type Logger,
  type LoopDelay,
  type Metrics,
  type NatsHandle,
  type Need,
  type Random,
  type RedisConnection,
  type Served,
  type StreamsKept,
  serve,
  unmet,
} from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { Doors } from "./api/doors.ts";
import { requestHandlers, tenantOf } from "./api/requests.ts";
import { endRevoked } from "./api/revoke.ts";
import { tracedRequest } from "./api/traces.ts";
import { RedisStore } from "./redis/redis-store.ts";
import { createRevocations } from "./redis/revocations.ts";
import type { OutboxEntry, StoreBounds } from "./store.ts";
import { type Publish, type Relay, startRelay } from "./workers/outbox.ts";
import { ensurePresenceStream, lastEpoch, lastTransition, type StreamsMode } from "./workers/stream.ts";
import { startSweeper } from "./workers/sweeper.ts";

/** Version 1 keeps every tenant in one cell. */
export const CELL = "c0";
const QUEUE = "presence";
/** Of a token's times (wire contract, section 2). */
const LEEWAY_MS = 30_000;
const PUBLISH_TIMEOUT_MS = 5_000;

export interface PresenceOptions {
  install: string;
  instance: string;
  mode: StreamsMode;
  contracts: Contracts;
  bounds: StoreBounds;
  sweepMs: number;
  redis: RedisConnection;
  /** Of revocations; may be the same. */
  durable: RedisConnection;
  /** How long a revocation is remembered. */
  maxTokenTtlMs: number;
  nats: NatsHandle;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  loopDelay: Pick<LoopDelay, "recentMs">;
}

export interface Presence {
  unmet(): readonly Need[];
  /** Answers what it has taken, publishes what it has taken, and goes. */
  stop(): Promise<void>;
}

export async function startPresence(options: PresenceOptions): Promise<Presence> {
  const { install, redis, nats, logger, metrics, clock } = options;
  const { nc } = nats;
  const subjects = subjectsOf(install);
  const jsm = await jetstreamManager(nc, nats.jetStream);
  await ensurePresenceStream(jsm, subjects, options.mode);
  const kept = keepStreams({
    nats,
    clock,
    logger,
    ensure: () => ensurePresenceStream(jsm, subjects, options.mode),
  });

  const tellEdges = (subject: string, message: ControlMessage) => {
    if (nats.isUp()) nc.publish(subject, JSON.stringify(message));
  };
  const epochs = metrics.counter(METRICS.presenceEpochChanges);
  const store = new RedisStore({
    redis,
    install,
    cell: CELL,
    bounds: options.bounds,
    onEpoch(epoch) {
      epochs.inc();
      logger.warn({ event: "presence.epoch", epoch }, "a new epoch begins");
      tellEdges(subjects.edgesControl(), { kind: "epoch", epoch });
      relay?.poke();
    },
  });

  // A store that was emptied while every replica was away, under a clock that went back, must not repeat an epoch.
  const told = await lastEpoch(jsm, subjects);
  if (told !== undefined) store.sawEpoch(told);

  let relay: Relay | undefined;
  const stopRelay = startRelayOf(options, store, kept, (started) => {
    relay = started;
  });

  const ending = {
    store,
    committed: () => relay?.poke(),
    tellEdges: (message: ControlMessage) => tellEdges(subjects.edgesControl(), message),
  };
  const revocations = createRevocations({
    redis: options.durable,
    install,
    cell: CELL,
    rememberMs: options.maxTokenTtlMs + LEEWAY_MS,
    clock,
    logger,
    // Who came in before they were recorded again goes as at the first time.
    restored(revocations) {
      for (const { tenant, user, namespace, room, issuedBeforeMs } of revocations) {
        const where = room === "" ? {} : { namespace, room };
        endRevoked(ending, { tenant, user, ...where, issuedBeforeMs }).catch((error: unknown) =>
          logger.error({ event: "revocations.unrestored", error }, "sessions of somebody revoked were not ended"),
        );
      }
    },
  });
  const repairs = metrics.counter(METRICS.presenceRepairs);
  const doors = new Doors({
    store,
    revocations,
    clock,
    control: (edge, message) => tellEdges(subjects.edgeControl(edge), message),
    repaired: (kind, count) => count > 0 && repairs.inc({ kind }, count),
  });

  const brake = metrics.gauge(METRICS.presenceBrake);
  const edges = metrics.gauge(METRICS.presenceEdges);
  const age = metrics.gauge(METRICS.presenceSweepAge);
  let sweptAtMs = clock.monotonic();
  metrics.onScrape(() => age.set((clock.monotonic() - sweptAtMs) / 1_000));
  const sweeper = startSweeper({
    store,
    clock,
    logger,
    sweepMs: options.sweepMs,
    leaseMs: options.bounds.leaseMs,
    redisUp: () => redis.isUp(),
    natsUp: () => nats.isUp(),
    loopDelayMs: () => options.loopDelay.recentMs(),
    swept(report) {
      sweptAtMs = clock.monotonic();
      brake.set(report.brake ? 1 : 0);
      edges.set(report.edges);
      if (report.fenced > 0) logger.warn({ event: "edge.fenced", edges: report.fenced }, "leases ended");
      if (report.told > 0) relay?.poke();
    },
  });

  const served = [
    ...serveDoors(options, doors, store, () => relay?.poke()),
    ...Object.entries(
      requestHandlers({
        ...ending,
        revocations,
        contracts: options.contracts,
        leaseMs: options.bounds.leaseMs,
        lastTransition: (of) =>
          lastTransition(jsm, subjects, of).catch((error: unknown) => {
            logger.warn({ event: "stream.unreadable", error }, "what backends were told last cannot be read");
            return undefined;
          }),
      }),
    ).map(([name, handler]) =>
      serve(
        nc,
        subjects.requestAny(name),
        { queue: QUEUE, logger, metrics, name, within: { ms: ANSWER_WITHIN_MS, clock } },
        (body, { subject, bytes, traceparent: asked }) =>
          tracedRequest(name, asked, (traceparent) => handler(body, { tenant: tenantOf(subject), traceparent, bytes })),
      ),
    ),
  ];

  await nc.flush(); // the server knows what is served here before anyone is told that it is

  return {
    unmet: () => unmet({ redis: redis.isUp(), nats: nats.isUp() }),
    async stop() {
      await Promise.all(served.map((one) => one.close()));
      await sweeper.close();
      await stopRelay();
      kept.close();
    },
  };
}

function serveDoors(options: PresenceOptions, doors: Doors, store: RedisStore, applied: () => void): Served[] {
  const { logger, metrics, install } = options;
  const subjects = subjectsOf(install);
  const door = (name: string, handler: (body: never, traceparent?: string) => Promise<unknown>) =>
    serve(
      options.nats.nc,
      subjects.presenceDoor(CELL, name),
      { queue: QUEUE, logger, metrics, name: `door.${name}` },
      (body, { traceparent }) => handler(body as never, traceparent),
    );
  return [
    door("hello", (body: HelloRequest) => doors.hello(body)),
    door("lease", (body: LeaseRequest) => doors.lease(body)),
    door("lane", async (body: LaneRequest) => {
      const reply = await doors.lane(body);
      applied();
      return reply;
    }),
    door("read", (body) => doors.read(body)),
    door("publish", (body: PublishRequest, traceparent) => store.publishEvent(body, traceparent)),
  ];
}

function startRelayOf(
  options: PresenceOptions,
  store: RedisStore,
  kept: StreamsKept,
  started: (relay: Relay) => void,
): () => Promise<void> {
  const { nats, metrics, clock, logger, install, random, instance } = options;
  const js = jetstream(nats.nc, nats.jetStream);
  const stream = subjectsOf(install).presenceStream();
  const transitions = metrics.counter(METRICS.presenceTransitions);
  const delays = metrics.histogram(METRICS.presenceOfflineDelay);
  const age = metrics.gauge(METRICS.outboxAge);
  const entries = metrics.gauge(METRICS.outboxEntries);
  const lost = metrics.counter(METRICS.outboxDropped);
  let droppedBefore = 0;

  const publish: Publish = async ({ subject, headers, data }, id) => {
    const fields = createHeaders();
    for (const [name, value] of Object.entries(headers)) fields.set(name, value);
    try {
      await js.publish(subject, data, { msgID: id, headers: fields, timeout: PUBLISH_TIMEOUT_MS });
    } catch (cause) {
      // Nobody listens to the subject: the stream is gone, or JetStream is.
      const { cause: reason } = cause as Error;
      if (reason instanceof RequestError && reason.isNoResponders()) await kept.look();
      throw new Error(`stream ${stream} did not take a transition`, { cause });
    }
  };
  const relay = startRelay({
    outbox: store.outbox,
    publish,
    subjects: subjectsOf(install),
    source: `/${install}/presence`,
    relay: `${instance}-${random.id(8)}`,
    clock,
    logger,
    redisUp: () => options.redis.isUp(),
    natsUp: () => nats.isUp(),
    published(entry) {
      transitions.inc({ kind: entry.kind, reason: reasonOf(entry) });
      if (entry.delayMs !== undefined) delays.observe(entry.delayMs / 1000);
    },
    stands(standing) {
      age.set((standing?.ageMs ?? 0) / 1000);
      entries.set(standing?.waiting ?? 0);
      if (standing === undefined) return;
      const more = standing.dropped - droppedBefore; // below 0 after a flush
      droppedBefore = standing.dropped;
      if (more <= 0) return;
      lost.inc({}, more);
      logger.error({ event: "outbox.dropped", entries: more }, "transitions were lost to the bound");
    },
  });
  started(relay);
  return () => relay.close();
}

const REASONS = new Set(["connect", "leave", "lost", "expired", "evicted", "drain", "revoked"]);

function reasonOf({ dataJson }: OutboxEntry): string {
  const { reason } = JSON.parse(dataJson) as { reason?: unknown };
  return typeof reason === "string" && REASONS.has(reason) ? reason : "other";
}
