/** A JetStream delivery read into the values the pure parts work on. */

import type { JsMsg } from "@nats-io/jetstream";
import type { BusMessage } from "./cloud-event.ts";

export interface StreamMessage extends BusMessage {
  /** As they came: for the copy in the dead-letter stream. */
  original: readonly [name: string, value: string][];
  /** 1 at first. */
  deliveries: number;
}

export function readDelivery(delivery: JsMsg, streamCreated: string): StreamMessage {
  const { info, subject } = delivery;
  const original: [string, string][] = [];
  const headers = new Map<string, string>();
  for (const [name, values] of delivery.headers ?? []) {
    for (const value of values) original.push([name, value]);
    const key = name.toLowerCase();
    const first = values[0];
    if (first !== undefined && !headers.has(key)) headers.set(key, first);
  }
  return {
    subject,
    headers,
    body: delivery.data,
    stream: info.stream,
    streamCreated,
    sequence: info.streamSequence,
    arrivedAtMs: Math.floor(info.timestampNanos / 1e6),
    original,
    deliveries: info.deliveryCount,
  };
}
