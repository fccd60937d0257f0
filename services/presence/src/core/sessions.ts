/** What happens to one session, its user and its rooms in one commit (G1-G3). */

import type { SessionRef } from "@rollcall/contracts/internal";
import { type Cause, drop, incarnationFrom, own, type Room, sessionRef, type Work } from "./cell.ts";
import { GAP_PASSED_MS } from "./clock.ts";
import { leaveRoom, loadRoom } from "./rooms.ts";
import { dropSession, findSession, type Membership, putSession, type Session, type User } from "./user.ts";
import { loadUser, saveUser } from "./users.ts";

export const membershipOf = (session: Session, room: string): Membership | undefined =>
  session.rooms.find((one) => one.room === room);

/** `<tenant> <user> <ns> <id>` to the records it names. */
export function findByRef(work: Work, ref: string): { user: User; session: Session | undefined } {
  const [tenant = "", name = "", ns = "", id = ""] = ref.split(" ");
  const user = loadUser(work, tenant, name);
  return { user, session: findSession(user, ns, id) };
}

export function addRoom(user: User, session: Session, membership: Membership): { user: User; session: Session } {
  const next = { ...session, rooms: [...session.rooms, membership] };
  return { user: putSession(user, next), session: next };
}

function dropRoom(user: User, session: Session, room: string): { user: User; session: Session } {
  const next = { ...session, rooms: session.rooms.filter((one) => one.room !== room) };
  return { user: putSession(user, next), session: next };
}

/** The session leaves one room. The caller saves the user. */
export function leaveOne(work: Work, user: User, session: Session, room: string, cause: Cause) {
  const membership = membershipOf(session, room);
  if (membership === undefined) return { user, session, left: false };
  const dropped = dropRoom(user, session, room);
  if (!membership.observe) leaveNamed(work, user, session, room, cause);
  return { ...dropped, left: true };
}

function leaveNamed(work: Work, user: User, session: Session, room: string, cause: Cause): void {
  const record: Room | undefined = loadRoom(work, { tenant: user.tenant, ns: session.ns, room });
  if (record !== undefined) leaveRoom(work, record, user, session, cause);
}

/** G2. `fromMs`: the clock its grace counts from. */
export function lose(work: Work, user: User, session: Session, reason: string, fromMs: number): User {
  const ref = sessionRef(user, session);
  drop(work, "unnamed", `${session.edge} ${ref}`);
  own(work, "grace").set(ref, fromMs + work.bounds.graceMs);
  return putSession(user, { ...session, lost: reason });
}

/** G1. */
export function finish(work: Work, user: User, session: Session, cause: Cause): void {
  const ref = sessionRef(user, session);
  drop(work, "grace", ref);
  drop(work, "unnamed", `${session.edge} ${ref}`);
  saveUser(work, dropSession(user, session), cause);
  for (const { room, observe } of session.rooms) if (!observe) leaveNamed(work, user, session, room, cause);
}

export const nextIncarnation = (work: Work, { incarnation }: Session): number => incarnationFrom(work, incarnation + 1);

/** No client comes back sooner; what edges say is later than that only on a bad day. */
const RETURN_LEAST_MS = 500;

/** G5: did the socket that holds the session connect later? Undefined when that cannot be told. */
export function isHeldLater({ connectedMs: heldMs }: Session, connectedMs: number | undefined): boolean | undefined {
  if (heldMs === undefined || connectedMs === undefined) return undefined;
  const laterMs = heldMs - connectedMs;
  const canTell = Math.abs(laterMs) > RETURN_LEAST_MS && Math.abs(laterMs) < GAP_PASSED_MS / 2;
  return canTell ? laterMs > 0 : undefined;
}

/** Of an earlier epoch: what its records say may have been rewound (A3). */
export const isOfOldEpoch = ({ cell }: Work, edge: string): boolean => cell.edges.get(edge)?.epoch !== cell.epoch;

/** E1. */
export function isAlive({ cell }: Work, edge: string): boolean {
  const record = cell.edges.get(edge);
  return record !== undefined && !record.gone && record.epoch === cell.epoch;
}

/** Puts the session on `edge`, from wherever it was. */
export function adopt(
  work: Work,
  user: User,
  session: Session,
  to: Pick<Session, "edge" | "incarnation" | "connectedMs" | "trace">,
) {
  const ref = sessionRef(user, session);
  drop(work, "grace", ref);
  drop(work, "unnamed", `${session.edge} ${ref}`);
  const next = { ...session, ...to, lost: undefined };
  return { user: putSession(user, next), session: next };
}

/** The live sessions of an edge, as refs. */
export function sessionsOf(work: Work, edge: string): string[] {
  const refs: string[] = [];
  for (const user of work.cell.users.values()) {
    for (const session of user.sessions) {
      if (session.edge === edge && session.lost === undefined) refs.push(sessionRef(user, session));
    }
  }
  return refs;
}

/** E1, E3: whatever still comes from this edge changes nothing; its sessions' grace counts from `fromMs`. */
export function fence(work: Work, edge: string, reason: string, fromMs: number): void {
  const { cell } = work;
  drop(work, "leases", edge);
  own(work, "edges").set(edge, { epoch: cell.epoch, n: 0, round: undefined, gone: true });
  const held = sessionsOf(work, edge);
  const old = held.filter((ref) => cell.unnamed.has(`${edge} ${ref}`));
  if (held.length > old.length) own(work, "evicting").set(`${reason} ${edge} s`, fromMs);
  if (old.length > 0) own(work, "evicting").set(`${reason} ${edge} old`, fromMs);
}

/** A session nobody knew. */
export function create(
  work: Work,
  user: User,
  ref: SessionRef,
  facts: Pick<Session, "edge" | "incarnation" | "connectedMs" | "name" | "client" | "issuedAtMs" | "trace">,
) {
  const session: Session = {
    ns: ref.namespace,
    id: ref.session,
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
