/** A backend that publishes domain events to Rollcall, one at a time or as many as JetStream takes. */

import { headers, type MsgHdrs, type NatsConnection } from "@nats-io/nats-core";
import { monotonicMs } from "../fleet/monotonic.ts";
import type { World } from "./world.ts";

/** PubAcks that are waited for together. */
const WINDOW = 500;
const PATIENCE_MS = 30_000;

export interface Publisher {
  /** Does not wait for the PubAck: for latencies. `data` gets a number and the time, by which the fleet knows it. */
  tell(event: string, data: object): void;
  /** `count` of them, each with its PubAck. */
  fill(event: string, count: number, dataOf: (n: number) => object): Promise<void>;
  /** Events that the notifier has not taken or not acknowledged yet. */
  outstanding(): Promise<number>;
  close(): Promise<void>;
}

/** `event`: `told` is `events.bench.told` on the bus. */
export async function startPublisher(world: World): Promise<Publisher> {
  const nc: NatsConnection = await world.nats!.connect();
  const consumer = `EVENTS.${world.cluster!.install}-notifier-EVENTS`;
  let next = 0;

  const attributesOf = (event: string): MsgHdrs => {
    const attributes = headers();
    for (const [name, value] of Object.entries({
      "ce-specversion": "1.0",
      "ce-id": `event-${next++}`,
      "ce-source": "/bench",
      "ce-type": `bench.${event}`,
      "content-type": "application/json",
    })) {
      attributes.set(name, value);
    }
    return attributes;
  };

  /** A publish to JetStream is a request, its answer the PubAck. */
  async function published(subject: string, data: object, attributes: MsgHdrs): Promise<void> {
    const answer = await nc.request(subject, JSON.stringify(data), { headers: attributes, timeout: PATIENCE_MS });
    const { error } = answer.json<{ error?: { description: string } }>();
    if (error !== undefined) throw new Error(`JetStream took no event: ${error.description}`);
  }

  return {
    tell(event, data) {
      const body = JSON.stringify({ ...data, n: next, at: Number(monotonicMs().toFixed(3)) });
      nc.publish(`events.bench.${event}`, body, { headers: attributesOf(event) });
    },
    async fill(event, count, dataOf) {
      for (let from = 0; from < count; from += WINDOW) {
        const some = Array.from({ length: Math.min(WINDOW, count - from) }, (_, i) =>
          published(`events.bench.${event}`, dataOf(from + i), attributesOf(event)),
        );
        await Promise.all(some);
      }
    },
    async outstanding() {
      const info = await nc.request(`$JS.API.CONSUMER.INFO.${consumer}`, "", { timeout: PATIENCE_MS });
      const { num_pending, num_ack_pending } = info.json<{ num_pending: number; num_ack_pending: number }>();
      return num_pending + num_ack_pending;
    },
    close: () => nc.close(),
  };
}
