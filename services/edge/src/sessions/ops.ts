/** Operations as the edge's parts hand them to the lane: numbers and incarnations are the lane's business. */

import type { LaneOp } from "@rollcall/contracts/internal";

type Body<O> = O extends unknown ? Omit<O, "n" | "incarnation"> : never;
export type OpBody = Body<LaneOp>;

/** Operations about one session; the others are about the edge itself. */
export type SessionOpBody = Extract<OpBody, { ref: unknown }>;

export const isSessionOp = (body: OpBody): body is SessionOpBody => "ref" in body;

/** What a client waits for, as against what must happen whoever waits. */
export const isRequest = (body: OpBody): boolean =>
  body.op === "set" || body.op === "join" || body.op === "update" || body.op === "patch" || body.op === "publish";

/** May it be sent again to a presence that has forgotten its number? Not if that could apply it twice. */
export function isRepeatable(body: OpBody): boolean {
  return body.op === "patch" || body.op === "publish" ? body.id !== undefined : true;
}
