import type { Span } from "./span.ts";

/** The span lasts as long as the work, and fails with it. `work` gets the trace context to send along. */
export async function during<T>(span: Span, work: (traceparent: string) => Promise<T>): Promise<T> {
  try {
    return await work(span.traceparent);
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}
