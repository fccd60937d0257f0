/**
 * Publishes domain events to JetStream as CloudEvents and knows when they are safe: a publish counts only with its
 * PubAck, and is repeated under the same id until then. Repeats are dropped by the stream (two minutes) and by
 * Rollcall (by source and id), so trying again is always right.
 */

import { JetStreamApiError, jetstream } from "@nats-io/jetstream";
import { headers as createHeaders, delay, type NatsConnection, nuid } from "@nats-io/nats-core";

/** Where each event is published: `from` and `type` of its contract. */
export type EventRoutes<Events> = { readonly [Name in keyof Events]: { from: string; type?: string } };

export interface PublishOptions {
  /** Unique in its source; the key of the row in your outbox, for example. Default: a new one. */
  id?: string;
  /** Needed where the contract's subject has `{tenant}`. */
  tenant?: string;
  /** Of the action that caused the event. */
  traceparent?: string;
  /** When it happened, if that is not when it is published: the ttl of a durable event begins then. */
  time?: Date;
  /** Gives up. Without it the publisher tries for ever. */
  signal?: AbortSignal;
}

export interface Published {
  id: string;
  stream: string;
  sequence: number;
  /** The stream had it already. */
  duplicate: boolean;
}

export interface Publisher<Events> {
  publish<Name extends keyof Events & string>(
    event: Name,
    data: Events[Name],
    options?: PublishOptions,
  ): Promise<Published>;
}

export interface PublisherOptions<Events> {
  nc: NatsConnection;
  /** `ce-source` of everything this service publishes, for example `/shop/orders`. */
  source: string;
  events: EventRoutes<Events>;
  /** For one PubAck. Default 2 s. */
  timeoutMs?: number;
  /** Between attempts: doubles from the first to the second. Default 100 ms to 5 s. */
  backoffMs?: readonly [number, number];
}

const DEFAULT_TIMEOUT_MS = 2_000;
const DEFAULT_BACKOFF_MS = [100, 5_000] as const;
/** The server understood and refuses: no repeat will change that. */
const isRefusal = (error: unknown) => error instanceof JetStreamApiError && error.status < 500 && error.status !== 408;

export function createPublisher<Events>(options: PublisherOptions<Events>): Publisher<Events> {
  const { nc, source, events, timeoutMs = DEFAULT_TIMEOUT_MS, backoffMs = DEFAULT_BACKOFF_MS } = options;
  const js = jetstream(nc);

  return {
    async publish(event, data, { id = nuid.next(), tenant, traceparent, time, signal } = {}) {
      const { from, type = event } = events[event];
      const subject = subjectOf(from, tenant);
      const headers = createHeaders();
      const attributes = {
        "ce-specversion": "1.0",
        "ce-id": id,
        "ce-source": source,
        "ce-type": type,
        "content-type": "application/json",
        ...(time === undefined ? {} : { "ce-time": time.toISOString() }),
        ...(tenant === undefined ? {} : { "ce-tenantid": tenant }),
        ...(traceparent === undefined ? {} : { traceparent, "ce-traceparent": traceparent }),
      };
      for (const [name, value] of Object.entries(attributes)) headers.set(name, encodeHeader(value));
      const body = JSON.stringify(data);

      for (let attempt = 0; ; attempt++) {
        signal?.throwIfAborted();
        try {
          const ack = await js.publish(subject, body, { headers, msgID: `${source} ${id}`, timeout: timeoutMs });
          return { id, stream: ack.stream, sequence: ack.seq, duplicate: ack.duplicate };
        } catch (error) {
          if (isRefusal(error) || nc.isClosed()) throw error;
        }
        await delay(Math.min(backoffMs[1], backoffMs[0] * 2 ** Math.min(attempt, 16)));
      }
    },
  };
}

function subjectOf(from: string, tenant: string | undefined): string {
  if (!from.includes("{tenant}")) return from;
  if (tenant === undefined) throw new TypeError(`${from} needs a tenant`);
  return from.replace("{tenant}", tenant);
}

/** Header values of the CloudEvents binding: printable ASCII, the rest percent-encoded. */
function encodeHeader(value: string): string {
  return value.replace(/[^\x21-\x24\x26-\x7e]/gu, (char) => encodeURIComponent(char));
}
