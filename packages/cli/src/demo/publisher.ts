/** Publishes at a steady rate through JetStream, each event with a trace of its own. */

import { jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Clock } from "@rollcall/runtime";
import { ATTRIBUTES, during, startSpan } from "@rollcall/telemetry";
import { publishEvent } from "../bus/cloud-event.ts";
import { type Publication, SOURCE } from "./plan.ts";

export interface PublishOptions {
  clock: Clock;
  perSecond: number;
  signal: AbortSignal;
  /** Right before it is handed to the server. */
  onPublish(publication: Publication, traceId: string): void;
}

/** Unanswered ones at most: a server that is slow slows the publisher down. */
const MAX_IN_FLIGHT = 256;

export async function publishAll(
  nc: NatsConnection,
  publications: readonly Publication[],
  { clock, perSecond, signal, onPublish }: PublishOptions,
): Promise<void> {
  const js = jetstream(nc);
  const inFlight = new Set<Promise<void>>();
  const begun = clock.monotonic();
  const publish = async (publication: Publication): Promise<void> => {
    const { id, subject, type, data, expected } = publication;
    const span = startSpan("publish", expected.arrives ? expected.event : subject, { kind: "producer" });
    span.setAttribute(ATTRIBUTES.eventId, id);
    await during(span, (traceparent) => {
      onPublish(publication, span.traceId);
      return publishEvent(js, { id, subject, type, data, source: SOURCE, traceparent }, clock);
    });
  };
  for (const [i, publication] of publications.entries()) {
    const waitMs = begun + (i * 1_000) / perSecond - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => {}); // woken by the signal
    if (signal.aborted) break;
    if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
    const sent = publish(publication).finally(() => inFlight.delete(sent));
    inFlight.add(sent);
    sent.catch(() => {}); // it is looked at below, or by the race above
  }
  await Promise.all(inFlight);
}
