/**
 * Durable events of the `emit` request, written into a stream before they are accepted. From there they take the way of
 * every other: waiting in NATS while Redis is away, and read again when the durable Redis forgot them.
 */

import type { JetStreamClient } from "@nats-io/jetstream";
import { headers as createHeaders, type NatsConnection } from "@nats-io/nats-core";
import { RollcallError, type Subjects } from "@rollcall/contracts";
import { messageId } from "@rollcall/contracts/internal";
import { isNatsUp } from "@rollcall/runtime";
import { EMITTED_SOURCE, type EmittedData } from "../routing/emitted.ts";

export interface JournalEntry extends EmittedData {
  tenant: string;
  event: string;
  id: string;
  traceparent: string;
}

/** Resolves with the PubAck; rejects with `UNAVAILABLE`, which may have taken effect: again, under the same id. */
export type Journal = (entry: JournalEntry) => Promise<void>;

const PUBLISH_TIMEOUT_MS = 3_000;

export function createJournal(nc: NatsConnection, js: JetStreamClient, subjects: Subjects): Journal {
  return async ({ tenant, event, id, traceparent, ...data }) => {
    if (!isNatsUp(nc)) throw new RollcallError("UNAVAILABLE");
    const headers = createHeaders();
    const attributes = {
      "ce-specversion": "1.0",
      "ce-id": id,
      "ce-source": EMITTED_SOURCE,
      "ce-type": event,
      "content-type": "application/json",
      traceparent,
    };
    for (const [name, value] of Object.entries(attributes)) headers.set(name, value);
    try {
      await js.publish(subjects.emitted(tenant), JSON.stringify(data satisfies EmittedData), {
        headers,
        msgID: messageId(tenant, data.namespace, id),
        timeout: PUBLISH_TIMEOUT_MS,
        expect: { streamName: subjects.emittedStream() },
      });
    } catch (cause) {
      throw new RollcallError("UNAVAILABLE", { cause });
    }
  };
}
