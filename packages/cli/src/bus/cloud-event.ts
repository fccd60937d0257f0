/** A domain event as any backend would publish it. */

import type { JetStreamClient } from "@nats-io/jetstream";
import { headers as createHeaders } from "@nats-io/nats-core";
import { DEFAULT_TENANT, type EventContract, encodeSubjectToken } from "@rollcall/contracts";
import type { Clock } from "@rollcall/runtime";

export interface CloudEvent {
  subject: string;
  id: string;
  source: string;
  type: string;
  data: unknown;
  /** Told by a header where the subject does not. */
  tenant?: string;
  traceparent?: string;
}

type Addressed = EventContract & { from: NonNullable<EventContract["from"]> };

/** Where an event with a `from` goes, and as what. */
export const addressOf = (event: Addressed, tenant: string): Pick<CloudEvent, "subject" | "type" | "tenant"> => ({
  subject: event.from.source.replace("{tenant}", encodeSubjectToken(tenant)),
  type: event.type ?? event.name.replace(":", "."),
  ...(event.tenantFrom === "header" ? { tenant } : {}),
});

/** Whether the event can be of that tenant: one that names none anywhere is of the default. */
export const reaches = (event: Addressed, tenant: string): boolean =>
  tenant === DEFAULT_TENANT || event.tenantFrom !== "default";

export const hasAddress = (event: EventContract): event is Addressed => event.from !== undefined;

/** Resolves with the server's word that it has it. Its time is now. */
export async function publishEvent(js: JetStreamClient, event: CloudEvent, clock: Clock): Promise<void> {
  const headers = createHeaders();
  const attributes = {
    "ce-specversion": "1.0",
    "ce-id": event.id,
    "ce-source": event.source,
    "ce-type": event.type,
    "ce-time": new Date(clock.now()).toISOString(),
    ...(event.tenant === undefined ? {} : { "ce-tenantid": event.tenant }),
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
  };
  for (const [name, value] of Object.entries(attributes)) headers.set(name, value);
  await js.publish(event.subject, JSON.stringify(event.data), { headers, msgID: event.id });
}
