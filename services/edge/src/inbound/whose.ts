/** What a log line about a client's message is found by, when its client reports an error. */

import type { Span } from "@rollcall/telemetry";
import type { Session } from "../clients/session.ts";

/** `id`: the client's `meta.id`, or what stands for it to a backend. */
export const whose = ({ ref }: Session, span: Span, id: string | undefined) => ({
  tenant: ref.tenant,
  session: ref.session,
  ...(id === undefined ? {} : { mid: id }),
  trace_id: span.traceId,
});
