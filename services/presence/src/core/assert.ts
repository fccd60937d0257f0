/** Assertions: an edge says all it holds; the cell becomes so, without telling sockets (A1, A2). */

import type { AssertedSession, LaneOp } from "@rollcall/contracts/internal";
import type { OpResult } from "../store.ts";
import { type Cause, clockMs, connectedAt, SESSION_ROOMS, sessionRef, type Work } from "./cell.ts";
import { presenceInfo, text } from "./json-text.ts";
import { joinRoom, keepRoom, openRoom } from "./rooms.ts";
import { addRoom, adopt, create, isElsewhereSince, leaveOne, membershipOf, sessionsOf } from "./sessions.ts";
import { catchUp, findSession, writePresence } from "./user.ts";
import { loadUser, saveUser } from "./users.ts";

type Op<K extends LaneOp["op"]> = Extract<LaneOp, { op: K }>;

/** A1, A2. */
export function assert(work: Work, edge: string, op: Op<"assert">): OpResult {
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
  const connectedMs = connectedAt(work, asserted.ageMs);
  const cause: Cause = { reason: "connect", silent: true };
  let user = loadUser(work, ref.tenant, ref.user);
  let session = findSession(user, ref.namespace, ref.session);
  if (session !== undefined && session.edge !== edge && isAlive(work, session.edge)) {
    // A2. Incarnation 0: its `open` was dropped before it was answered.
    const hadLater =
      incarnation === 0 ? isElsewhereSince(session, edge, connectedMs) : session.incarnation > incarnation;
    if (hadLater) return undefined;
  }
  if (session === undefined) {
    outcome.missing++;
    const facts = { name: text(name), client: text(client), issuedAtMs };
    const first = incarnation === 0 ? work.nowMs : incarnation;
    ({ user, session } = create(work, user, ref, { edge, incarnation: first, connectedMs, ...facts }));
    if (presence !== undefined) {
      user = writePresence(user, session, presence.status, presenceInfo(presence.info));
      session = findSession(user, ref.namespace, ref.session)!;
    }
  } else if (session.edge !== edge || session.lost !== undefined || session.incarnation !== incarnation) {
    outcome.missing++;
    const isRewound = work.cell.edges.get(session.edge)?.epoch !== work.cell.epoch;
    const next = incarnation === 0 ? session.incarnation + 1 : Math.max(session.incarnation, incarnation);
    ({ user, session } = adopt(work, user, session, { edge, incarnation: next, connectedMs }));
    if (isRewound && presence !== undefined) {
      user = catchUp(user, session, presence.status, presenceInfo(presence.info)); // A3
      session = findSession(user, ref.namespace, ref.session)!;
    }
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
