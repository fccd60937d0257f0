/**
 * Tells presence of ends that no message of the client asked for: of a session, of a membership. What others see of one
 * leads to a span that says why, and that links to the connect it ends.
 */

import { ATTRIBUTES, startSpan } from "@rollcall/telemetry";
import type { Session } from "../clients/session.ts";
import type { PresenceLink } from "./link.ts";
import type { OpBody } from "./ops.ts";

type Ending = Extract<OpBody, { op: "close" | "leave" }>;

export function postEnd(link: PresenceLink, { trace, ref }: Session, reason: string, op: Ending): void {
  const span = startSpan("request", op.op === "close" ? "session:close" : "room:leave", {
    attributes: { [ATTRIBUTES.reason]: reason, [ATTRIBUTES.tenant]: ref.tenant },
    ...(trace === undefined ? {} : { links: [trace], ratio: 1 }),
  });
  link.post({ ...op, ...(span.sampled ? { traceparent: span.traceparent } : {}) });
  span.end();
}
