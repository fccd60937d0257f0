/** A CloudEvent on `<install>.fallback.v1.<tenant>.<event>`, for a backend that reaches the user its own way. */

import { JetStreamApiError, type JetStreamClient } from "@nats-io/jetstream";
import { headers as createHeaders, type NatsConnection } from "@nats-io/nats-core";
import { RollcallError, type Subjects } from "@rollcall/contracts";
import { isNatsUp, isNoResponder } from "@rollcall/runtime";
import { bodyOf, type Channel } from "../channel.ts";

export interface NatsChannelOptions {
  nc: NatsConnection;
  js: JetStreamClient;
  subjects: Subjects;
  install: string;
  maxAgeMs: number;
}

const PUBLISH_TIMEOUT_MS = 3_000;

export function createNatsChannel(options: NatsChannelOptions): Channel {
  const { nc, js, subjects, install, maxAgeMs } = options;
  return {
    type: "nats",
    maxAgeMs,
    async send(notice) {
      if (!isNatsUp(nc)) throw new RollcallError("UNAVAILABLE");
      const subject = subjects.fallback(notice.tenant, notice.event);
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
      try {
        await js.publish(subject, bodyOf(notice), { headers, msgID: notice.key, timeout: PUBLISH_TIMEOUT_MS });
      } catch (error) {
        // No stream takes the subject: whoever listens gets it now, at most once.
        if (!isNoResponder(error) && !isNoStream(error)) throw error;
        nc.publish(subject, bodyOf(notice), { headers });
        await nc.flush();
      }
      return "sent";
    },
  };
}

const isNoStream = (error: unknown): boolean =>
  (error instanceof JetStreamApiError && error.status === 503) ||
  (error instanceof Error && (isNoResponder(error.cause) || /no responders|stream not found/i.test(error.message)));
