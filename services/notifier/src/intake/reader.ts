/**
 * Reads one source for as long as it holds the source's lease, in stream order, with a bounded number of messages in
 * flight. Deliveries are counted: the server numbers them, and a missing number means that a message went to nobody
 * (a lost connection, a reader that died) and will come again after its ack-wait. Going on at once would let later
 * events overtake it, so the reader first lets everything outstanding return.
 */

import type { Consumer, ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg } from "@nats-io/jetstream";
import type { Subjects } from "@rollcall/contracts";
import type { Clock, Logger, Metrics, NatsHandle, Random } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { backoffMs, WAITING } from "../retry.ts";
import { Lanes } from "./lanes.ts";
import type { Lease } from "./lease.ts";
import type { Processor } from "./processor.ts";
import { type EventSource, sourceConsumer, sourceStream } from "./sources.ts";
import { readDelivery } from "./stream-message.ts";
import { ensureConsumer, ensureStream, isMissing, type StreamsMode } from "./streams.ts";

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
  subjects: Subjects;
  mode: StreamsMode;
  maxInFlight: number;
  timing: ReaderTiming;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
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

/** A pull ends by itself after this, so that a consumer that was deleted is noticed. */
const PULL_MS = 10_000;
const SETTLE_POLL_MS = 50;
const SETTLE_MARGIN_MS = 500;

/** Room for what another reader left outstanding when it died. */
export const maxAckPending = (maxInFlight: number) => maxInFlight * 4;

export function startReader(options: ReaderOptions): Reader {
  const { source, lease, nats, js, jsm, mode, maxInFlight, timing, clock, random, logger } = options;
  const up = options.metrics.gauge(METRICS.notifierIntakeUp);
  const lanes = new Lanes();
  const inFlight = new Map<JsMsg, number>();
  const stopping = new AbortController();
  const abandon = new AbortController();
  let wake: (() => void) | undefined;
  let isHealthy = false;

  const setHealthy = (healthy: boolean) => {
    isHealthy = healthy;
    up.set({ source: source.durable }, healthy ? 1 : 0);
  };
  setHealthy(false);

  const heartbeat = clock.setRepeating(timing.ackWaitMs / 3, () => {
    if (nats.isUp()) for (const message of inFlight.keys()) message.working();
  });

  /** Resolves when `isEnough` holds; asked again after each message that is done. */
  async function whenDone(isEnough: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isEnough() && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener("abort", done);
          resolve();
        };
        signal.addEventListener("abort", done, { once: true });
        wake = done;
      });
    }
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        await readTerm(random.id());
        failures = 0;
      } catch (error) {
        if (stopping.signal.aborted) return;
        setHealthy(false);
        report(error, failures);
        await pause(backoffMs(WAITING, failures++, random));
      }
    }
  }

  function report(error: unknown, failures: number): void {
    const fields = {
      event: isMissing(error) ? "intake.stream_missing" : "intake.failed",
      source: source.durable,
      error,
    };
    if (isMissing(error)) logger.error(fields, "the stream or its consumer is gone");
    else if (failures === 0) logger.warn(fields, "reading failed: trying again");
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
    const renewal = clock.setRepeating(timing.renewMs, () => {
      lease.hold(term).then(
        (held) => held || lost.abort(new Error("the lease went to another reader")),
        // Redis is away: nothing can be emitted, and who holds the lease is seen when it is back.
        (error: unknown) => logger.debug({ event: "intake.lease_unknown", error }, "the lease cannot be renewed"),
      );
    });
    logger.info({ event: "intake.reading", source: source.durable }, "reading the source");
    try {
      while (!asking.aborted) await readOn(term, asking, working);
    } finally {
      await whenDone(() => inFlight.size === 0, working);
      renewal.cancel();
      // Not released: it ends by itself.
      await lease
        .release(term)
        .catch((error: unknown) =>
          logger.debug({ event: "intake.lease_unknown", error }, "the lease cannot be given back"),
        );
    }
  }

  /** Until a delivery is missing. */
  async function readOn(term: string, asking: AbortSignal, working: AbortSignal): Promise<void> {
    await ensureStream(jsm, sourceStream(source), mode);
    await ensureConsumer(
      jsm,
      source.stream,
      sourceConsumer(source, timing.ackWaitMs, maxAckPending(maxInFlight)),
      mode,
    );
    const created = (await jsm.streams.info(source.stream)).created;
    const consumer = await js.consumers.get(source.stream, source.durable);
    let next = await settle(consumer, asking);
    setHealthy(true);
    const fence = { source: source.durable, term };

    while (!asking.aborted) {
      // A pull is worth its round trip only for a part of the window.
      await whenDone(() => inFlight.size <= (maxInFlight * 3) / 4, asking);
      if (asking.aborted) return;
      const messages = await pull(consumer, maxInFlight - inFlight.size, asking);
      try {
        for await (const message of messages) {
          if (message.info.deliverySequence !== next) {
            logger.warn({ event: "intake.delivery_missed", source: source.durable }, "waiting for what went to nobody");
            return;
          }
          next++;
          take(message, created, fence, working);
        }
      } finally {
        messages.stop();
      }
      if (!nats.isUp()) throw new Error("nats is away");
    }
  }

  /**
   * Waits until nothing is outstanding but what this reader still has in hand: the server gives what expired before
   * what is new, in stream order. Returns the number of the next delivery.
   */
  async function settle(consumer: Consumer, signal: AbortSignal): Promise<number> {
    await whenDone(() => inFlight.size === 0, signal);
    const untilMs = clock.monotonic() + timing.ackWaitMs + SETTLE_MARGIN_MS;
    for (;;) {
      const info = await consumer.info();
      if (info.num_ack_pending === 0 || clock.monotonic() >= untilMs || signal.aborted) {
        return info.delivered.consumer_seq + 1;
      }
      await clock.sleep(SETTLE_POLL_MS, signal).catch(() => undefined);
    }
  }

  async function pull(consumer: Consumer, count: number, signal: AbortSignal): Promise<ConsumerMessages> {
    const messages = await consumer.fetch({ max_messages: count, expires: PULL_MS });
    const stop = () => messages.stop();
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const offDown = nats.onDown(stop);
    messages.closed().then(
      () => {
        offDown();
        signal.removeEventListener("abort", stop);
      },
      () => offDown(),
    );
    return messages;
  }

  function take(jsMsg: JsMsg, created: string, fence: { source: string; term: string }, signal: AbortSignal): void {
    const message = readDelivery(jsMsg, created);
    const work = options.processor(jsMsg, message, fence, signal);
    inFlight.set(jsMsg, message.arrivedAtMs);
    void lanes.run(work.keys, work.run).then(() => {
      inFlight.delete(jsMsg);
      wake?.();
    });
  }

  const running = run();
  return {
    isHealthy: () => isHealthy,
    inFlight: () => inFlight.size,
    oldestMs() {
      const [oldest] = inFlight.values();
      return oldest;
    },
    async stop(graceMs) {
      stopping.abort(new Error("stopping"));
      const timer = clock.setTimer(graceMs, () => abandon.abort(new Error("the grace is over")));
      await running;
      timer.cancel();
      heartbeat.cancel();
    },
  };
}
