/** The operations of a lane, one commit each (L1-L3). What each takes and answers is `presence-rpc.ts`'s. */

import { type EventTriple, type Meta, roomTarget, sessionTarget } from "@rollcall/contracts";
import type { AssertedSession, LaneOp, SessionRef } from "@rollcall/contracts/internal";
import type { OpResult } from "../store.ts";
import { type Cause, clockMs, IDEMPOTENT_MS, SESSION_ROOMS, sessionRef, type Work } from "./cell.ts";
import { digestOf, sameDigest } from "./digest.ts";
import { joinRoom, keepRoom, loadRoom, openRoom, put, roomEpoch, tellState } from "./rooms.ts";
import { addRoom, adopt, fence, finish, leaveOne, lose, membershipOf, sessionsOf } from "./sessions.ts";
import { patch } from "./state.ts";
import { findSession, putSession, type Session, type User, writePresence } from "./user.ts";
import { loadUser, saveUser } from "./users.ts";

type Op<K extends LaneOp["op"]> = Extract<LaneOp, { op: K }>;
type SessionOp = Extract<LaneOp, { incarnation: number }>;

const error = (code: Extract<OpResult, { kind: "error" }>["code"], message = ""): OpResult => ({
  kind: "error",
  code,
  message,
});
const text = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));
/** A presence without info has none: `null` says the same. */
const presenceInfo = (info: unknown): string | undefined => (info === null ? undefined : text(info));

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
  let step: { user: User; session: Session };
  if (before === undefined) {
    step = create(work, known, ref, edge, work.nowMs, facts);
  } else {
    const adopted = adopt(work, known, before, edge, before.incarnation + 1); // G3
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

function create(
  work: Work,
  user: User,
  ref: SessionRef,
  edge: string,
  incarnation: number,
  facts: Pick<Session, "name" | "client" | "issuedAtMs">,
) {
  const session: Session = {
    ns: ref.namespace,
    id: ref.session,
    edge,
    incarnation,
    lost: undefined,
    sinceMs: work.nowMs,
    status: "active",
    w: 0,
    rooms: [],
    info: undefined,
    ...facts,
  };
  return { user: putSession(user, session), session };
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

const answerKey = (ref: SessionRef, event: string, id: string) =>
  `${ref.tenant} ${ref.namespace} ${ref.user} ${event} ${id}`;

/** T4. */
export function answered(work: Work, key: string): string | undefined {
  const known = work.cell.answers.get(key);
  return known !== undefined && known.untilMs > work.nowMs ? known.answer : undefined;
}

export function remember(work: Work, key: string, answer: string): void {
  work.cell.answers.set(key, { answer, untilMs: work.nowMs + IDEMPOTENT_MS });
}

function patchOp(work: Work, user: User, session: Session, op: Op<"patch">, cause: Cause): OpResult {
  const membership = membershipOf(session, op.room);
  if (membership === undefined) return error("NOT_A_MEMBER");
  const key = op.id === undefined ? undefined : answerKey(op.ref, "state:patch", op.id);
  const known = key === undefined ? undefined : answered(work, key);
  if (known !== undefined) {
    const [epoch = "", version] = known.split(" ");
    return { kind: "patch", epoch, version: Number(version) };
  }
  const room = openRoom(work, { tenant: user.tenant, ns: session.ns, room: op.room }, op.rules);
  const by = { user: user.user, session: session.id, observer: membership.observe };
  const step = patch(room.state, op.ops, op.owned, by, { clockMs: clockMs(work), wallMs: work.nowMs });
  if (!step.ok) return { kind: "error", message: "", ...step.error };
  const next = put(work, { ...room, state: step.state });
  if (step.change !== undefined) tellState(work, next, step.change, { ...cause, re: op.id });
  if (membership.observe) keepRoom(work, next);
  const answer = { epoch: roomEpoch(work, next), version: step.state.version };
  if (key !== undefined) remember(work, key, `${answer.epoch} ${answer.version}`);
  return { kind: "patch", ...answer };
}

/** H1. */
function publishOp(work: Work, user: User, session: Session, op: Op<"publish">): OpResult {
  const membership = membershipOf(session, op.room);
  if (membership === undefined) return error("NOT_A_MEMBER");
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

/** A1, A2. */
function assert(work: Work, edge: string, op: Op<"assert">): OpResult {
  const { cell } = work;
  const record = cell.edges.get(edge)!;
  if (record.round !== op.round) {
    cell.edges.set(edge, { ...record, round: op.round });
    for (const ref of sessionsOf(work, edge)) cell.unnamed.add(`${edge} ${ref}`);
  }
  const outcome = { ghosts: 0, missing: 0 };
  const incarnations = op.sessions.map((session) => assertOne(work, edge, session, outcome));
  const unnamed = [...cell.unnamed].filter((one) => one.startsWith(`${edge} `)).length;
  if (op.last && unnamed > 0) {
    outcome.ghosts += unnamed;
    cell.evicting.set(`lost ${edge} old`, clockMs(work));
  }
  return { kind: "assert", incarnations, ...outcome };
}

function isAlive(work: Work, edge: string): boolean {
  const record = work.cell.edges.get(edge);
  return record !== undefined && !record.gone && record.epoch === work.cell.epoch;
}

function assertOne(
  work: Work,
  edge: string,
  asserted: AssertedSession,
  outcome: { ghosts: number; missing: number },
): number | undefined {
  const { ref, incarnation, name, client, presence, issuedAtMs } = asserted;
  const cause: Cause = { reason: "connect", silent: true };
  let user = loadUser(work, ref.tenant, ref.user);
  let session = findSession(user, ref.namespace, ref.session);
  const held = session;
  if (held !== undefined && held.edge !== edge && held.incarnation > incarnation && isAlive(work, held.edge)) {
    return undefined; // A2
  }
  if (session === undefined) {
    outcome.missing++;
    const facts = { name: text(name), client: text(client), issuedAtMs };
    ({ user, session } = create(work, user, ref, edge, incarnation, facts));
    if (presence !== undefined) {
      user = writePresence(user, session, presence.status, presenceInfo(presence.info));
      session = findSession(user, ref.namespace, ref.session)!;
    }
  } else if (session.edge !== edge || session.lost !== undefined || session.incarnation !== incarnation) {
    outcome.missing++;
    ({ user, session } = adopt(work, user, session, edge, Math.max(session.incarnation, incarnation)));
  } else {
    work.cell.unnamed.delete(`${edge} ${sessionRef(user, session)}`);
  }
  for (const { room, observe, rules, info } of asserted.rooms) {
    const membership = membershipOf(session, room);
    if (membership?.observe === observe) continue;
    if (membership === undefined && session.rooms.length >= SESSION_ROOMS) continue;
    outcome.missing++;
    if (membership !== undefined) ({ user, session } = leaveOne(work, user, session, room, cause));
    ({ user, session } = addRoom(user, session, { room, observe }));
    const record = openRoom(work, { tenant: user.tenant, ns: session.ns, room }, rules);
    if (observe) keepRoom(work, record);
    else joinRoom(work, record, user, session, text(info), cause);
  }
  const named = new Set(asserted.rooms.map(({ room }) => room));
  for (const { room } of session.rooms) {
    if (named.has(room)) continue;
    outcome.ghosts++;
    ({ user, session } = leaveOne(work, user, session, room, { reason: "lost" })); // A1
  }
  saveUser(work, user, cause);
  return session.incarnation;
}
