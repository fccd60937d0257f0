/**
 * Reads one source for as long as it holds the source's lease, in stream order, with a bounded number of messages in
 * hand. `deliveries.ts` brings them, `processor.ts` deals with them, lanes keep those of one key in order.
 */

import type { JetStreamClient, JetStreamManager, JsMsg } from "@nats-io/jetstream";
import type { Clock, Logger, Metrics, NatsHandle, Random } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { backoffMs, WAITING } from "../retry.ts";
import { type EventSource, sourceConsumer, sourceStream } from "../streams/sources.ts";
import { readDelivery } from "../streams/stream-message.ts";
import { isMissing, type Streams } from "../streams/streams.ts";
import { deliveries } from "./deliveries.ts";
import { InHand } from "./in-hand.ts";
import { Lanes } from "./lanes.ts";
import type { Lease } from "./lease.ts";
import { markIn, type WaterMark } from "./low-water.ts";
import type { Processor, Reading } from "./processor.ts";
import { reread, type SourceMemory } from "./reread.ts";

export interface ReaderTiming {
  leaseMs: number;
  renewMs: number;
  /** After this the server gives an unacknowledged message to the next who asks. */
  ackWaitMs: number;
}

export interface ReaderOptions {
  source: EventSource;
  lease: Lease;
  processor: Processor;
  nats: NatsHandle;
  js: JetStreamClient;
  jsm: JetStreamManager;
  streams: Streams;
  maxInFlight: number;
  timing: ReaderTiming;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  memory: SourceMemory;
}

export interface Reader {
  /** False while the source's stream or consumer is missing or cannot be asked. */
  isHealthy(): boolean;
  inFlight(): number;
  /** When the oldest message in hand came to the stream, ms since the epoch. */
  oldestMs(): number | undefined;
  /** Asks for no more; resolves when what is in hand is done, or after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Room for what another reader left outstanding when it died. */
export const maxAckPending = (maxInFlight: number) => maxInFlight * 4;

export function startReader(options: ReaderOptions): Reader {
  const { source, lease, nats, js, jsm, streams, maxInFlight, timing, memory, clock, random, logger } = options;
  const up = options.metrics.gauge(METRICS.notifierIntakeUp);
  const lanes = new Lanes();
  const inHand = new InHand(maxInFlight);
  /** Everything below was taken from the stream. */
  let cursor: WaterMark | undefined;
  const stopping = new AbortController();
  const abandon = new AbortController();
  let isHealthy = false;

  const setHealthy = (healthy: boolean) => {
    isHealthy = healthy;
    up.set({ source: source.durable }, healthy ? 1 : 0);
  };
  setHealthy(false);

  const heartbeat = clock.setRepeating(timing.ackWaitMs / 3, () => {
    if (nats.isUp()) inHand.keepAlive();
  });

  async function run(): Promise<void> {
    let failures = 0;
    let told: string | undefined;
    while (!stopping.signal.aborted) {
      try {
        await readTerm(random.id());
        failures = 0;
        told = undefined;
      } catch (error) {
        if (stopping.signal.aborted) return;
        setHealthy(false);
        const why = whyOf(error);
        if (isMissing(error) || why !== told) report(error);
        told = why;
        await pause(backoffMs(WAITING, failures++, random));
      }
    }
  }

  function report(error: unknown): void {
    const fields = {
      event: isMissing(error) ? "intake.stream_missing" : "intake.failed",
      source: source.durable,
      error,
    };
    if (isMissing(error)) logger.error(fields, "the stream or its consumer is gone");
    else logger.warn(fields, "reading failed: trying again");
  }

  const pause = (ms: number) =>
    clock.sleep(ms, stopping.signal).catch(() => {
      // stopping: the loop sees it
    });

  /** From taking the lease to losing it, an error, or the stop. */
  async function readTerm(term: string): Promise<void> {
    if (!(await lease.hold(term))) {
      setHealthy(true); // somebody reads it
      await pause(timing.renewMs);
      return;
    }
    const lost = new AbortController();
    const asking = AbortSignal.any([stopping.signal, lost.signal]);
    const working = AbortSignal.any([abandon.signal, lost.signal]);
    let again = new AbortController();
    const renewal = clock.setRepeating(timing.renewMs, () => {
      lease.hold(term).then(
        (held) => held || lost.abort(new Error("the lease went to another reader")),
        // Redis is away: nothing can be emitted, and who holds the lease is seen when it is back.
        (error: unknown) => logger.debug({ event: "intake.lease_unknown", error }, "the lease cannot be renewed"),
      );
      tend(again).catch((error: unknown) => logger.debug({ event: "intake.mark_unknown", error }, "the mark stays"));
    });
    logger.info({ event: "intake.reading", source: source.durable }, "reading the source");
    try {
      while (!asking.aborted) {
        again = new AbortController();
        try {
          await readOn(term, AbortSignal.any([asking, again.signal]), working, again);
        } finally {
          // What was dropped unacknowledged lies below it: no mark before the next look at the consumer.
          cursor = undefined;
          inHand.drop();
        }
      }
    } finally {
      await inHand.empty(working);
      renewal.cancel();
      // Not released: it ends by itself.
      await lease
        .release(term)
        .catch((error: unknown) =>
          logger.debug({ event: "intake.lease_unknown", error }, "the lease cannot be given back"),
        );
    }
  }

  /** Moves the low-water mark, and notices by itself that the durable store was rewound. */
  async function tend(again: AbortController): Promise<void> {
    if (cursor === undefined) return;
    const mark = { created: cursor.created, sequence: Math.min(cursor.sequence, inHand.lowestSequence()) };
    const lowest = await memory.lowestOpen();
    if (!(await memory.isCurrent())) return again.abort(new Error("the durable store was rewound"));
    await memory.saveMark({ ...mark, sequence: Math.min(mark.sequence, lowest ?? mark.sequence) });
  }

  /** Until a delivery is missing, or the source must be read again. */
  async function readOn(
    term: string,
    asking: AbortSignal,
    working: AbortSignal,
    again: AbortController,
  ): Promise<void> {
    await streams.ensureStream(sourceStream(source));
    const { created, state } = await jsm.streams.info(source.stream);
    const mark = await memory.loadMark();
    const from = markIn({ created, last: state.last_seq }, mark);
    if (mark !== undefined && from === undefined) {
      logger.error(
        { event: "intake.stream_replaced", source: source.durable, mark, created, last: state.last_seq },
        "the stream was made anew or restored to an earlier state: what is in it counts as not read",
      );
    }
    const need = sourceConsumer(source, timing.ackWaitMs, maxAckPending(maxInFlight));
    await streams.ensureConsumer(source.stream, need, from);
    const consumer = await js.consumers.get(source.stream, source.durable);
    await inHand.empty(asking);
    const reading = {
      fence: { source: source.durable, term },
      signal: working,
      onRewound: () => again.abort(new Error("the durable store was rewound")),
    };
    await remember(mark === undefined ? "new" : (from ?? 1), created, asking, reading);
    setHealthy(true);
    const coming = deliveries(consumer, {
      nats,
      clock,
      ackWaitMs: timing.ackWaitMs,
      room: () => inHand.room(asking),
      hold: (message) => hold(message, false),
      signal: asking,
    });
    for (;;) {
      const { done, value } = await coming.next();
      if (done === true) {
        if (value === "gap")
          logger.warn({ event: "intake.gap", source: source.durable }, "waiting for what went to nobody");
        return;
      }
      take(value, created, { ...reading, reread: false });
    }
  }

  /** Reads the source again from its mark, up to where it stands, when the durable store may have forgotten some of it. */
  async function remember(
    mark: number | "new",
    created: string,
    asking: AbortSignal,
    reading: Omit<Reading, "reread">,
  ): Promise<void> {
    const info = await jsm.consumers.info(source.stream, source.durable);
    const last = info.delivered.stream_seq;
    const reached = { created, sequence: info.ack_floor.stream_seq + 1 };
    if (await memory.isCurrent()) {
      cursor = reached;
      return;
    }
    const epoch = await memory.begin();
    const from = mark === "new" ? last + 1 : mark;
    if (mark === "new") await memory.saveMark(reached);
    if (from <= last) {
      logger.warn(
        { event: "intake.rereading", source: source.durable, from, last },
        "the durable store may have lost some",
      );
      await reread({
        js,
        nats,
        source,
        from,
        last,
        room: () => inHand.room(asking),
        take: (message) => {
          hold(message, true);
          take(message, created, { ...reading, reread: true });
        },
        signal: asking,
      });
      await inHand.empty(reading.signal);
      if (asking.aborted) return;
    }
    await memory.settled(epoch);
    // Not before: until then the store is not current, and to `tend` that would be another rewind, without an end.
    cursor = reached;
  }

  function hold(jsMsg: JsMsg, reread: boolean): void {
    inHand.hold(jsMsg, reread);
    if (!reread && cursor !== undefined) cursor.sequence = Math.max(cursor.sequence, jsMsg.info.streamSequence + 1);
  }

  function take(jsMsg: JsMsg, created: string, reading: Reading): void {
    inHand.take(jsMsg);
    const work = options.processor(jsMsg, readDelivery(jsMsg, created), reading);
    void lanes.run(work.keys, work.run).then(() => inHand.done(jsMsg));
  }

  const running = run();
  return {
    isHealthy: () => isHealthy,
    inFlight: () => inHand.size,
    oldestMs: () => inHand.oldestMs(),
    async stop(graceMs) {
      stopping.abort(new Error("stopping"));
      const timer = clock.setTimer(graceMs, () => abandon.abort(new Error("the grace is over")));
      await running;
      timer.cancel();
      heartbeat.cancel();
    },
  };
}

/** What is told once, until it is something else: "timeout" may turn out to be a stream that is gone. */
function whyOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
