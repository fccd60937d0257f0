/** Operations as the edge's parts hand them to the lane: numbers, incarnations and ages are the lane's business. */

import type { AssertedSession, LaneOp } from "@rollcall/contracts/internal";

/** When the session's socket connected, on the edge's monotonic clock: its age is right only at the time of sending. */
export interface Connected {
  connectedMs?: number;
}

/** An operation with its number, that can be sent at any time: {@link sentAt}. */
export type KeptOp = Kept<LaneOp>;
export type KeptSession = Omit<AssertedSession, "ageMs"> & Connected;
type Kept<O> = O extends { op: "open" }
  ? Omit<O, "ageMs"> & Connected
  : O extends { op: "assert" }
    ? Omit<O, "sessions"> & { sessions: KeptSession[] }
    : O;

type Body<O> = O extends unknown ? Omit<O, "n" | "incarnation"> : never;
export type OpBody = Body<KeptOp>;

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

/** As presence is to read it when it is sent now. */
export function sentAt(nowMs: number, op: KeptOp): LaneOp {
  if (op.op === "open") return aged(nowMs, op);
  return op.op === "assert" ? { ...op, sessions: op.sessions.map((session) => aged(nowMs, session)) } : op;
}

function aged<T extends Connected>(
  nowMs: number,
  { connectedMs, ...rest }: T,
): Omit<T, "connectedMs"> & { ageMs?: number } {
  return connectedMs === undefined ? rest : { ...rest, ageMs: Math.max(0, Math.round(nowMs - connectedMs)) };
}
