/** `inbox:ack read unread sync`: the notifier keeps the inbox; the edge says whose it is. */

import type { Parts } from "../../parts.ts";
import { type Command, command } from "../command.ts";
import { coreShape } from "../core-shape.ts";
import { requesting } from "../request-span.ts";

const OPERATIONS = ["ack", "read", "unread", "sync"] as const;

export function inboxCommands(parts: Parts): Command[] {
  return OPERATIONS.map((op) =>
    command<Record<string, unknown>>({
      event: `inbox:${op}`,
      shape: coreShape(`inbox:${op}`),
      allowed: () => true,
      run({ session, payload, span }) {
        const { tenant, namespace, user } = session.ref;
        const body = { ...payload, op, tenant, namespace, user };
        return requesting(`inbox:${op}`, span, (traceparent) => parts.bus.inbox(body, traceparent));
      },
    }),
  );
}
