/** A CloudEvent on `<install>.fallback.v1.<tenant>.<event>`, for a backend that reaches the user its own way. */

import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import { headers as createHeaders, type MsgHdrs, type NatsConnection, TimeoutError } from "@nats-io/nats-core";
import type { Subjects } from "@rollcall/contracts";
import { isNatsUp } from "@rollcall/runtime";
import { isMissing } from "../../streams/streams.ts";
import { bodyOf, type Channel, type Notice, NotNow } from "../channel.ts";

export interface NatsChannelOptions {
  nc: NatsConnection;
  js: JetStreamClient;
  jsm: JetStreamManager;
  subjects: Subjects;
  install: string;
  maxAgeMs: number;
}

/** Until it is looked whether NATS is back. */
const AWAY_MS = 1_000;
const PUBLISH_TIMEOUT_MS = 3_000;
/** A listener need not answer; that somebody listens is enough, and is known by then. */
const LISTENER_MS = 1_000;

export function createNatsChannel(options: NatsChannelOptions): Channel {
  const { nc, js, jsm, subjects, install, maxAgeMs } = options;
  return {
    type: "nats",
    maxAgeMs,
    async send(notice) {
      if (!isNatsUp(nc)) throw new NotNow(AWAY_MS);
      const subject = subjects.fallback(notice.tenant, notice.event);
      const headers = headersOf(notice, install);
      if (await isKept(subject)) {
        await js.publish(subject, bodyOf(notice), { headers, msgID: notice.key, timeout: PUBLISH_TIMEOUT_MS });
      } else {
        await toListener(subject, notice, headers);
      }
      return "sent";
    },
  };

  async function isKept(subject: string): Promise<boolean> {
    try {
      await jsm.streams.find(subject);
      return true;
    } catch (error) {
      if (isMissing(error) || (error instanceof Error && error.message.includes("no stream matches"))) return false;
      throw error;
    }
  }

  /** No stream takes the subject: whoever listens gets it now; that nobody does is an error, so it comes again. */
  async function toListener(subject: string, notice: Notice, headers: MsgHdrs): Promise<void> {
    try {
      await nc.request(subject, bodyOf(notice), { headers, timeout: LISTENER_MS });
    } catch (error) {
      const isSilent = error instanceof TimeoutError || (error instanceof Error && error.cause instanceof TimeoutError);
      if (!isSilent) throw error;
    }
  }
}

function headersOf(notice: Notice, install: string): MsgHdrs {
  const headers = createHeaders();
  const attributes = {
    "ce-specversion": "1.0",
    "ce-id": notice.key,
    "ce-source": `rollcall/${install}`,
    "ce-type": "rollcall.notification.fallback",
    "ce-time": notice.ts,
    "ce-tenantid": notice.tenant,
    "content-type": "application/json",
  };
  for (const [name, value] of Object.entries(attributes)) headers.set(name, value);
  if (notice.traceparent !== undefined) headers.set("traceparent", notice.traceparent);
  return headers;
}
