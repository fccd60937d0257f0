/** What a client may see of a trace: it is kept for jobs and later spans whatever this says. Pure. */

import { isSampled } from "@rollcall/telemetry";

/** The part of `meta` that names it; nothing when it is not sampled, or `TRACE_TO_CLIENT` is false. */
export function clientTrace(traceparent: string | undefined, traceToClient: boolean): { traceparent?: string } {
  return traceparent !== undefined && traceToClient && isSampled(traceparent) ? { traceparent } : {};
}
