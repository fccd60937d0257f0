/** The span of a NATS request made for a client message: `request <event>`, a child of its `ack`. */

import { during, type Span, startSpan } from "@rollcall/telemetry";

/** `ask` gets the trace context to send along. */
export const requesting = <T>(event: string, parent: Span, ask: (traceparent: string) => Promise<T>): Promise<T> =>
  during(startSpan("request", event, { parent: parent.traceparent, kind: "client" }), ask);
