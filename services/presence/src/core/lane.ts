/** The operations of a lane, one commit each (L1-L3). What each takes and answers is `presence-rpc.ts`'s. */

import type { LaneOp, SessionRef } from "@rollcall/contracts/internal";
import type { OpResult } from "../store.ts";
import { assert } from "./assert.ts";
import { type Cause, clockMs, connectedAt, incarnationFrom, SESSION_ROOMS, type Work } from "./cell.ts";
import { digestOf, sameDigest } from "./digest.ts";
import { presenceInfo, text } from "./json-text.ts";
import { patchOp, publishOp } from "./room-ops.ts";
import { joinRoom, keepRoom, loadRoom, openRoom, roomEpoch } from "./rooms.ts";
import {
  addRoom,
  adopt,
  create,
  fence,
  finish,
  isAlive,
  isHeldLater,
  leaveOne,
  lose,
  membershipOf,
  nextIncarnation,
} from "./sessions.ts";
import { findSession, liveSessions, putSession, type Session, type User, writePresence } from "./user.ts";
import { loadUser, saveUser } from "./users.ts";

type Op<K extends LaneOp["op"]> = Extract<LaneOp, { op: K }>;
type SessionOp = Extract<LaneOp, { incarnation: number }>;

const error = (code: Extract<OpResult, { kind: "error" }>["code"], message = ""): OpResult => ({
  kind: "error",
  code,
  message,
});
export function applyOp(work: Work, edge: string, op: LaneOp): OpResult {
  switch (op.op) {
    case "open":
      return open(work, edge, op);
    case "assert":
      return assert(work, edge, op);
    case "digest":
      return { kind: "digest", equal: sameDigest(op.digest, digestOf(edge, work.cell.users.values())) };
    case "bye":
      fence(work, edge, "lost", clockMs(work));
      return { kind: "done" };
    default:
      return applyToSession(work, edge, op);
  }
}

/** L3. */
function owned(work: Work, edge: string, ref: SessionRef, incarnation: number) {
  const user = loadUser(work, ref.tenant, ref.user);
  const session = findSession(user, ref.namespace, ref.session);
  if (session === undefined || session.lost !== undefined) return { user, error: error("UNAVAILABLE") };
  if (session.incarnation !== incarnation || session.edge !== edge) return { user, error: error("CONFLICT") };
  return { user, session };
}

function applyToSession(work: Work, edge: string, op: SessionOp): OpResult {
  const { user, session, error: refused } = owned(work, edge, op.ref, op.incarnation);
  const cause: Cause = {
    reason: "connect",
    traceparent: op.traceparent,
    from: { user: op.ref.user, session: op.ref.session },
    ...("room" in op ? { re: op.id } : {}),
  };
  if (session === undefined) return op.op === "close" || op.op === "leave" ? { kind: "done" } : refused;
  switch (op.op) {
    case "close":
      close(work, user, session, op.how, { ...cause, reason: op.how });
      return { kind: "done" };
    case "set": {
      const saved = saveUser(work, writePresence(user, session, op.status, presenceInfo(op.info)), cause);
      return { kind: "set", version: saved.version };
    }
    case "leave": {
      const step = leaveOne(work, user, session, op.room, { ...cause, reason: op.reason });
      if (step.left) saveUser(work, step.user, cause);
      return { kind: "done" };
    }
    case "join":
      return joinOp(work, user, session, op, cause);
    case "update": {
      const membership = membershipOf(session, op.room);
      if (membership === undefined) return error("NOT_A_MEMBER");
      if (membership.observe) return error("FORBIDDEN");
      const room = loadRoom(work, { tenant: user.tenant, ns: session.ns, room: op.room })!;
      const joined = joinRoom(work, room, user, session, text(op.info), cause);
      return { kind: "update", version: joined.room.version };
    }
    case "patch":
      return patchOp(work, user, session, op, cause);
    case "publish":
      return publishOp(work, user, session, op);
  }
}

function close(work: Work, user: User, session: Session, how: Op<"close">["how"], cause: Cause): void {
  const early = how === "leave" && work.cell.brake?.reason === "epoch"; // G4
  if ((how === "leave" && !early) || how === "revoked") {
    finish(work, user, session, cause);
    return;
  }
  const fromMs = clockMs(work) - (early ? work.bounds.graceMs : 0);
  saveUser(work, lose(work, user, session, how, fromMs), cause);
}

function open(work: Work, edge: string, op: Op<"open">): OpResult {
  const { ref, name, client, presence, issuedAtMs } = op;
  const known = loadUser(work, ref.tenant, ref.user);
  const before = findSession(known, ref.namespace, ref.session);
  const facts = { name: text(name), client: text(client), issuedAtMs };
  const socket = { edge, connectedMs: connectedAt(work, op.ageMs ?? 0), trace: op.traceparent };
  const isOneMore = before === undefined || before.lost !== undefined;
  if (isOneMore && liveSessions(known) >= (op.mostSessions ?? Infinity)) return error("LIMIT_EXCEEDED"); // G7
  let step: { user: User; session: Session };
  if (before === undefined) {
    step = create(work, known, ref, { ...socket, incarnation: incarnationFrom(work, 0), ...facts });
  } else {
    const isElsewhere = before.lost === undefined && before.edge !== edge && isAlive(work, before.edge);
    if (isElsewhere && isHeldLater(before, socket.connectedMs) === true) return error("CONFLICT"); // G5
    const adopted = adopt(work, known, before, { ...socket, incarnation: nextIncarnation(work, before) }); // G3
    const session = { ...adopted.session, ...facts };
    step = { user: putSession(adopted.user, session), session };
  }
  const { session } = step;
  const user =
    presence === undefined
      ? step.user
      : writePresence(step.user, session, presence.status, presenceInfo(presence.info));
  saveUser(work, user, {
    reason: "connect",
    traceparent: op.traceparent,
    from: { user: ref.user, session: ref.session },
  });
  const elsewhere = before !== undefined && before.lost === undefined ? before.edge : undefined;
  const { incarnation, rooms } = session;
  return { kind: "open", incarnation, resumed: before !== undefined, elsewhere, memberships: [...rooms] };
}

function joinOp(work: Work, user: User, session: Session, op: Op<"join">, cause: Cause): OpResult {
  const name = { tenant: user.tenant, ns: session.ns, room: op.room };
  const held = membershipOf(session, op.room);
  if (held === undefined && session.rooms.length >= SESSION_ROOMS) return error("LIMIT_EXCEEDED");
  const known = loadRoom(work, name);
  const max = op.rules.maxMembers;
  const full = max !== undefined && known?.roster.has(user.user) !== true && (known?.roster.size ?? 0) >= max;
  if (!op.observe && full) return error("ROOM_FULL");
  openRoom(work, name, op.rules);
  let step: { user: User; session: Session } = { user, session };
  let member = held !== undefined;
  if (held !== undefined && held.observe !== op.observe) {
    step = leaveOne(work, user, session, op.room, { ...cause, reason: "leave" });
    member = false;
  }
  let room = openRoom(work, name, op.rules);
  if (!member) step = addRoom(step.user, step.session, { room: op.room, observe: op.observe });
  const { version: from } = room;
  let change: { kind: "joined" | "updated"; from: number; member: string } | undefined;
  if (op.observe) {
    keepRoom(work, room);
  } else {
    const joined = joinRoom(work, room, step.user, step.session, text(op.info), cause);
    room = joined.room;
    if (joined.change !== undefined) {
      change = { kind: joined.change.kind, from, member: JSON.stringify(joined.change.member) };
    }
  }
  saveUser(work, step.user, cause);
  return {
    kind: "join",
    facts: {
      roomEpoch: roomEpoch(work, room),
      version: room.version,
      count: room.roster.size,
      occupancy: room.occupancy,
      stateVersion: room.state.version,
      seq: room.seq,
      // The store knows places in its log; `+n` is behind the n-th message of this commit.
      position: `+${socketsTold(work)}`,
      change,
    },
  };
}

const socketsTold = (work: Work): number => work.told.filter(({ to }) => to === "sockets").length;
