/** The span of a NATS request made for a client message: `request <event>`, a child of its `ack`. */

import { type Span, startSpan } from "@rollcall/telemetry";

/** `ask` gets the trace context to send along. */
export async function requesting<T>(event: string, parent: Span, ask: (traceparent: string) => Promise<T>): Promise<T> {
  const span = startSpan("request", event, { parent: parent.traceparent, kind: "client" });
  try {
    return await ask(span.traceparent);
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}
