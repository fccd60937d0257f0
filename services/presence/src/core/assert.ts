/** Assertions: an edge says all it holds; the cell becomes so, without telling sockets (A1, A2). */

import type { AssertedSession, LaneOp } from "@rollcall/contracts/internal";
import type { OpResult } from "../store.ts";
import {
  type Cause,
  clockMs,
  connectedAt,
  drop,
  incarnationFrom,
  own,
  SESSION_ROOMS,
  sawIncarnation,
  sessionRef,
  type Work,
} from "./cell.ts";
import { presenceInfo, text } from "./json-text.ts";
import { joinRoom, keepRoom, openRoom } from "./rooms.ts";
import {
  addRoom,
  adopt,
  create,
  isAlive,
  isHeldLater,
  isOfOldEpoch,
  leaveOne,
  membershipOf,
  nextIncarnation,
  sessionsOf,
} from "./sessions.ts";
import { catchUp, findSession, writePresence } from "./user.ts";
import { loadUser, saveUser } from "./users.ts";

type Op<K extends LaneOp["op"]> = Extract<LaneOp, { op: K }>;

/** A1, A2. */
export function assert(work: Work, edge: string, op: Op<"assert">): OpResult {
  const { cell } = work;
  const record = cell.edges.get(edge)!;
  if (record.round !== op.round) {
    own(work, "edges").set(edge, { ...record, round: op.round });
    for (const ref of sessionsOf(work, edge)) own(work, "unnamed").add(`${edge} ${ref}`);
  }
  const outcome = { ghosts: 0, missing: 0 };
  const incarnations = op.sessions.map((session) => assertOne(work, edge, session, outcome));
  const unnamed = [...cell.unnamed].filter((one) => one.startsWith(`${edge} `)).length;
  if (op.last && unnamed > 0) {
    outcome.ghosts += unnamed;
    own(work, "evicting").set(`lost ${edge} old`, clockMs(work));
  }
  return { kind: "assert", incarnations, ...outcome };
}

function assertOne(
  work: Work,
  edge: string,
  asserted: AssertedSession,
  outcome: { ghosts: number; missing: number },
): number | undefined {
  const { ref, incarnation, name, client, presence, issuedAtMs } = asserted;
  const connectedMs = connectedAt(work, asserted.ageMs);
  const socket = { edge, connectedMs, trace: asserted.traceparent };
  const cause: Cause = { reason: "connect", silent: true };
  let user = loadUser(work, ref.tenant, ref.user);
  let session = findSession(user, ref.namespace, ref.session);
  if (session !== undefined && session.edge !== edge && isAlive(work, session.edge)) {
    const byNumber = incarnation !== 0 && session.incarnation > incarnation; // 0: its `open` was never answered
    if (isHeldLater(session, connectedMs) ?? byNumber) return undefined; // A2
  }
  if (session === undefined) {
    outcome.missing++;
    const facts = { name: text(name), client: text(client), issuedAtMs };
    const first = incarnation === 0 ? incarnationFrom(work, 0) : incarnation;
    ({ user, session } = create(work, user, ref, { ...socket, incarnation: first, ...facts }));
    if (presence !== undefined) {
      user = writePresence(user, session, presence.status, presenceInfo(presence.info));
      session = findSession(user, ref.namespace, ref.session)!;
    }
  } else if (session.edge !== edge || session.lost !== undefined || session.incarnation !== incarnation) {
    outcome.missing++;
    const isRewound = isOfOldEpoch(work, session.edge);
    const next = incarnation === 0 ? nextIncarnation(work, session) : Math.max(session.incarnation, incarnation);
    ({ user, session } = adopt(work, user, session, { ...socket, incarnation: next }));
    if (isRewound && presence !== undefined) {
      user = catchUp(user, session, presence.status, presenceInfo(presence.info)); // A3
      session = findSession(user, ref.namespace, ref.session)!;
    }
  } else {
    drop(work, "unnamed", `${edge} ${sessionRef(user, session)}`);
  }
  sawIncarnation(work, session.incarnation);
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
