/** One span for each sampled operation of a batch or request; what it tells carries the span's traceparent. */

import type { LaneOp } from "@rollcall/contracts/internal";
import { during, type Span, startSpan } from "@rollcall/telemetry";

const NAMES: Record<Exclude<LaneOp["op"], "publish">, string> = {
  open: "session:open",
  close: "session:close",
  set: "presence:set",
  join: "room:join",
  leave: "room:leave",
  update: "room:update",
  patch: "state:patch",
  assert: "session:assert",
  digest: "session:digest",
  bye: "session:bye",
};

/** Continues the asker's trace; who sent none gets none. */
export async function tracedRequest<T>(
  name: string,
  traceparent: string | undefined,
  handle: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  if (traceparent === undefined) return handle(undefined);
  return during(startSpan("request", name, { parent: traceparent, kind: "server" }), handle);
}

export async function traced<T>(ops: readonly LaneOp[], apply: (ops: readonly LaneOp[]) => Promise<T>): Promise<T> {
  const spans: Span[] = [];
  const named = ops.map((op) => {
    if (op.traceparent === undefined) return op;
    const event = op.op === "publish" ? op.event : NAMES[op.op];
    const span = startSpan("request", event, { parent: op.traceparent, kind: "server" });
    if (span.sampled) spans.push(span);
    return { ...op, traceparent: span.traceparent };
  });
  try {
    return await apply(named);
  } catch (error) {
    for (const span of spans) span.fail(error);
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}
