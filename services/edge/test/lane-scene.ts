/** A lane without an edge: operations to submit, what presence holds and answers, and what was sent. */

import type { LaneData, LaneReplyData, LaneRequest, LaneResult, SessionRef } from "@rollcall/contracts/internal";
import { type Held, type Item, type LaneEffect, type LaneState, newLane, reduce } from "../src/sessions/lane-core.ts";
import type { OpBody } from "../src/sessions/ops.ts";

export const ref = (user: string): SessionRef => ({
  tenant: "main",
  namespace: "/",
  user,
  session: `session-of-${user}-1`,
});
export const join = (user: string, room: string): OpBody => ({
  op: "join",
  ref: ref(user),
  room,
  rules: { retainMs: 0 },
  observe: false,
});
export const patch = (user: string, id?: string): OpBody => ({
  op: "patch",
  ref: ref(user),
  room: "r",
  rules: { retainMs: 0 },
  ops: [],
  ...(id === undefined ? {} : { id }),
});
export const open = (user: string): OpBody => ({ op: "open", ref: ref(user), issuedAtMs: 0, expiresAtMs: 1 });
export const leave = (user: string, room: string): OpBody => ({ op: "leave", ref: ref(user), room, reason: "leave" });
export const close = (user: string): OpBody => ({ op: "close", ref: ref(user), how: "lost" });

/** Everybody is known with incarnation 7, unless named otherwise. */
export const heldWith = (known: Record<string, number | undefined> = {}): Held => ({
  incarnationOf: (key) => {
    const user = key.split("\n")[2]!;
    return user in known ? known[user] : 7;
  },
  digest: () => ({ count: 0, x1: 0, x2: 0 }),
  chunks: () => [[]],
  round: () => "round",
});

let ticket = 0;
export const item = (body: OpBody, bytes = 100): Item => ({ ticket: ++ticket, body, bytes });
export const greeted = () => {
  const state = newLane("e1");
  reduce(state, { type: "greeted" });
  return state;
};
export const submit = (state: LaneState, ...bodies: OpBody[]) =>
  bodies.flatMap((body) => reduce(state, { type: "submit", item: item(body) }));
export const sent = (effects: LaneEffect[]): LaneRequest | undefined =>
  effects.find((effect) => effect.do === "send")?.request;
export const pump = (state: LaneState, held = heldWith(), nowMs = 0) =>
  sent(reduce(state, { type: "pump", held, nowMs }));
export const ok = (request: LaneRequest): Extract<LaneReplyData, { status: "OK" }> => ({
  status: "OK",
  epoch: "1",
  brake: false,
  results: request.ops.map(({ n, op }): LaneResult => ({ n, ok: true, data: { op } as LaneData })),
});
export const unknownEdge: LaneReplyData = { status: "UNKNOWN_EDGE", epoch: "1", brake: false };
export const freshEdge = () => "e2";
export const reply = (state: LaneState, data: LaneReplyData) => reduce(state, { type: "reply", data, freshEdge });
export const settled = (effects: LaneEffect[]) =>
  effects.flatMap((effect) => (effect.do === "settle" ? [{ op: effect.body.op, ok: effect.result.ok }] : []));
