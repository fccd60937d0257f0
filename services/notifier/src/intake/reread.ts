/** Reading a part of a source a second time, beside its durable consumer, after the durable store forgot something. */

import { DeliverPolicy, type JetStreamClient, type JsMsg } from "@nats-io/jetstream";
import type { NatsHandle } from "@rollcall/runtime";
import type { EventSource } from "../streams/sources.ts";
import { pull } from "./deliveries.ts";
import type { WaterMark } from "./low-water.ts";

/** What the durable store knows of one source. */
export interface SourceMemory {
  isCurrent(): Promise<boolean>;
  /** A new epoch for what is there now; hand it to `settled` when the source was read again. */
  begin(): Promise<string>;
  settled(epoch: string): Promise<void>;
  lowestOpen(): Promise<number | undefined>;
  loadMark(): Promise<WaterMark | undefined>;
  saveMark(mark: WaterMark): Promise<void>;
}

export interface RereadOptions {
  js: JetStreamClient;
  nats: NatsHandle;
  source: EventSource;
  /** Stream sequences, both included. */
  from: number;
  last: number;
  /** As in `deliveries.ts`. */
  room(): Promise<number>;
  take(message: JsMsg): void;
  signal: AbortSignal;
}

const PULL_MS = 1_000;

/** Gives every message of the range that is still in the stream, in its order. Nothing of it wants an ack. */
export async function reread(options: RereadOptions): Promise<void> {
  const { js, nats, source, from, last, signal } = options;
  const consumer = await js.consumers.get(source.stream, {
    opt_start_seq: from,
    deliver_policy: DeliverPolicy.StartSequence,
    ...(source.filter === undefined ? {} : { filter_subjects: source.filter }),
  });
  // What was removed from the stream does not come: the count says when nothing is left.
  let left = (await consumer.info()).num_pending;
  while (left > 0) {
    const count = await options.room();
    if (count === 0) return;
    const messages = await pull(consumer, count, PULL_MS, { nats, signal });
    try {
      for await (const message of messages) {
        left = message.seq > last ? 0 : message.info.pending;
        if (message.seq <= last) options.take(message);
        if (left === 0) break;
      }
    } finally {
      messages.stop();
    }
    if (!nats.isUp()) throw new Error("nats is away");
  }
}
