/**
 * Deliveries of a durable consumer in stream order, also after a reader died.
 *
 * The server numbers its deliveries. A missing number means that a message went to nobody (a lost connection, a reader
 * that died) and will come again after its ack-wait; going on at once would let later messages overtake it. And what
 * expires comes again in the order of its expiry, not of the stream. So whoever begins first waits until everything
 * outstanding has expired, gathers all of it, and takes it in the order of the stream before anything new. A reader that
 * was paused and does not know yet that it lost the lease may have put an expiry off: complete is what the server says.
 */

import type { Consumer, ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import type { Clock, NatsHandle } from "@rollcall/runtime";

export interface DeliveriesOptions {
  nats: NatsHandle;
  clock: Clock;
  ackWaitMs: number;
  /** How many messages there is room for; waits until a pull is worth its round trip. 0 once `signal` is aborted. */
  room(): Promise<number>;
  /** Called for each message at once when it came: from then on somebody keeps it from expiring. */
  hold(message: JsMsg): void;
  signal: AbortSignal;
}

/** A pull ends by itself after this, so that a consumer that was deleted is noticed. */
const PULL_MS = 10_000;
const GATHER_PULL_MS = 1_000;
const SETTLE_POLL_MS = 50;
const SETTLE_MARGIN_MS = 500;

/** Ends when a delivery is missing (`"gap"`: begin again) or the signal aborts. Throws when NATS or the consumer goes. */
export async function* deliveries(
  consumer: Consumer,
  options: DeliveriesOptions,
): AsyncGenerator<JsMsg, "gap" | "end"> {
  const { signal } = options;
  const outstanding = await settle(consumer, options);
  const gathered = await gather(consumer, outstanding.count, options);
  for (const message of gathered) {
    if (signal.aborted) return "end";
    yield message;
  }
  let next = outstanding.delivery + gathered.length;
  while (!signal.aborted) {
    const count = await options.room();
    if (count === 0) break;
    const messages = await pull(consumer, count, PULL_MS, options);
    try {
      for await (const message of messages) {
        if (message.info.deliverySequence !== next++) return "gap";
        options.hold(message);
        yield message;
      }
    } finally {
      messages.stop();
    }
    if (!options.nats.isUp()) throw new Error("nats is away");
  }
  return "end";
}

interface Outstanding {
  count: number;
  /** Number of the next delivery. */
  delivery: number;
}

/** Waits until what others took and did not acknowledge may come again, or is acknowledged after all. */
async function settle(consumer: Consumer, { clock, ackWaitMs, signal }: DeliveriesOptions): Promise<Outstanding> {
  const untilMs = clock.monotonic() + ackWaitMs + SETTLE_MARGIN_MS;
  for (;;) {
    const { num_ack_pending, delivered } = await consumer.info();
    if (num_ack_pending === 0 || clock.monotonic() >= untilMs || signal.aborted) {
      return { count: num_ack_pending, delivery: delivered.consumer_seq + 1 };
    }
    await clock.sleep(SETTLE_POLL_MS, signal).catch(() => undefined);
  }
}

/**
 * Everything outstanding, sorted, with what is new and came meanwhile. It is complete when nothing is unacknowledged but
 * what is here; what cannot come any more (it left the stream) is waited for as long as an expiry may have been put off.
 */
async function gather(consumer: Consumer, count: number, options: DeliveriesOptions): Promise<JsMsg[]> {
  const { clock, ackWaitMs, signal } = options;
  const gathered: JsMsg[] = [];
  const sequences = new Set<number>();
  const untilMs = clock.monotonic() + 2 * ackWaitMs + SETTLE_MARGIN_MS;
  let missing = count;
  while (missing > 0 && !signal.aborted) {
    const messages = await pull(consumer, Math.max(1, count - gathered.length), GATHER_PULL_MS, options);
    try {
      for await (const message of messages) {
        options.hold(message);
        gathered.push(message);
        sequences.add(message.seq);
      }
    } finally {
      messages.stop();
    }
    if (!options.nats.isUp()) throw new Error("nats is away");
    missing = (await consumer.info()).num_ack_pending - sequences.size;
    if (clock.monotonic() >= untilMs) break;
    if (missing > 0) await clock.sleep(ackWaitMs / 20, signal).catch(() => undefined);
  }
  return gathered.sort((a, b) => a.seq - b.seq);
}

/** One pull; stopped by the signal and by the loss of the connection, which the client alone would sit out. */
export async function pull(
  consumer: Consumer,
  count: number,
  expires: number,
  { nats, signal }: Pick<DeliveriesOptions, "nats" | "signal">,
): Promise<ConsumerMessages> {
  const messages = await consumer.fetch({ max_messages: count, expires });
  const stop = () => messages.stop();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const offDown = nats.onDown(stop);
  const clear = () => {
    offDown();
    signal.removeEventListener("abort", stop);
  };
  messages.closed().then(clear, clear);
  return messages;
}
