/** Patches and relays of sessions: what was answered to an id is answered again (T4), and history is numbered (H1). */

import { type EventTriple, type Meta, roomTarget, sessionTarget } from "@rollcall/contracts";
import type { LaneOp, SessionRef } from "@rollcall/contracts/internal";
import type { OpResult } from "../store.ts";
import { type Cause, clockMs, IDEMPOTENT_MS, own, type Work } from "./cell.ts";
import { keepRoom, openRoom, put, roomEpoch, tellState } from "./rooms.ts";
import { membershipOf } from "./sessions.ts";
import { patch } from "./state.ts";
import type { Session, User } from "./user.ts";

type Op<K extends LaneOp["op"]> = Extract<LaneOp, { op: K }>;

const notAMember: OpResult = { kind: "error", code: "NOT_A_MEMBER", message: "" };

const answerKey = (ref: SessionRef, event: string, id: string) =>
  `${ref.tenant} ${ref.namespace} ${ref.user} ${event} ${id}`;

/** T4. */
export function answered(work: Work, key: string): string | undefined {
  const known = work.cell.answers.get(key);
  return known !== undefined && known.untilMs > work.nowMs ? known.answer : undefined;
}

export function remember(work: Work, key: string, answer: string): void {
  own(work, "answers").set(key, { answer, untilMs: work.nowMs + IDEMPOTENT_MS });
}

export function patchOp(work: Work, user: User, session: Session, op: Op<"patch">, cause: Cause): OpResult {
  const membership = membershipOf(session, op.room);
  if (membership === undefined) return notAMember;
  const key = op.id === undefined ? undefined : answerKey(op.ref, "state:patch", op.id);
  const known = key === undefined ? undefined : answered(work, key);
  if (known !== undefined) {
    const [epoch = "", version] = known.split(" ");
    return { kind: "patch", epoch, version: Number(version) };
  }
  const room = openRoom(work, { tenant: user.tenant, ns: session.ns, room: op.room }, op.rules);
  const by = { user: user.user, session: session.id, observer: membership.observe };
  const step = patch(room.state, op.ops, by, { clockMs: clockMs(work), wallMs: work.nowMs });
  if (!step.ok) return { kind: "error", message: "", ...step.error };
  const next = put(work, { ...room, state: step.state });
  if (step.change !== undefined) tellState(work, next, step.change, cause);
  if (membership.observe) keepRoom(work, next);
  const answer = { epoch: roomEpoch(work, next), version: step.state.version };
  if (key !== undefined) remember(work, key, `${answer.epoch} ${answer.version}`);
  return { kind: "patch", ...answer };
}

/** H1. */
export function publishOp(work: Work, user: User, session: Session, op: Op<"publish">): OpResult {
  const membership = membershipOf(session, op.room);
  if (membership === undefined) return notAMember;
  const key = op.id === undefined ? undefined : answerKey(op.ref, op.event, op.id);
  const known = key === undefined ? undefined : answered(work, key);
  if (known !== undefined) {
    const [seq, id = "", ts = ""] = known.split(" ");
    return { kind: "publish", id, ts, seq: seq === "" ? undefined : Number(seq) };
  }
  const { tenant } = user;
  let meta = JSON.parse(op.metaJson) as Meta;
  const data: unknown = JSON.parse(op.dataJson);
  if (op.history) {
    const room = openRoom(work, { tenant, ns: session.ns, room: op.room }, op.rules);
    if (membership.observe) keepRoom(work, room);
    const { size = 0, ttlMs = 0 } = op.rules.history ?? {};
    const seq = room.seq + 1;
    meta = { ...meta, seq };
    const kept = [...room.history, { seq, atMs: work.nowMs, triple: [op.event, data, meta] as EventTriple }];
    const history = kept.slice(-size).filter(({ atMs }) => atMs > work.nowMs - ttlMs);
    put(work, { ...room, seq, history, historyTtlMs: ttlMs });
  }
  work.told.push({
    to: "sockets",
    ns: session.ns,
    tenant,
    target: roomTarget(tenant, op.room),
    ...(op.history ? {} : { except: sessionTarget(tenant, user.user, session.id) }),
    packet: [op.event, data, meta],
    traceparent: op.traceparent,
  });
  const { id, ts, seq } = meta;
  if (key !== undefined) remember(work, key, `${seq ?? ""} ${id} ${ts}`);
  return { kind: "publish", id, ts, seq };
}
