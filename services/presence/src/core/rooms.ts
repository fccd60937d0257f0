/** Commits a room's roster, state and life, and tells its sockets and the backends (R2-R6, T3). */

import { type Meta, roomTarget } from "@rollcall/contracts";
import type { RoomRules } from "@rollcall/contracts/internal";
import {
  birth,
  type Cause,
  clockMs,
  drop,
  iso,
  OCCUPANCY_EVERY_MS,
  own,
  PUBLISH_EVERY_MS,
  RESYNC_AFTER_MS,
  RETAIN_LEAST_MS,
  type Room,
  roomRef,
  SPREAD_MS,
  type Work,
} from "./cell.ts";
import { join, leave, type MemberTruth, memberOf, type RosterStep } from "./roster.ts";
import { EMPTY_STATE, removeKeys, type StateChange, type StateEntry, since } from "./state.ts";
import type { Session, User } from "./user.ts";
import { trace } from "./users.ts";

type RoomName = Pick<Room, "tenant" | "ns" | "room">;

export function loadRoom(work: Work, name: RoomName): Room | undefined {
  return work.cell.rooms.get(roomRef(name));
}

export function put(work: Work, room: Room): Room {
  own(work, "rooms").set(roomRef(room), room);
  return room;
}

/** Makes the room's record if there is none, and remembers what the contract says. */
export function openRoom(work: Work, { tenant, ns, room }: RoomName, rules: RoomRules): Room {
  const known = loadRoom(work, { tenant, ns, room });
  const rule = {
    retainMs: Math.max(rules.retainMs, rules.history?.ttlMs ?? 0),
    stateRetainMs: rules.retainMs,
    publish: rules.publishState === true,
  };
  const fresh = () => ({
    tenant,
    ns,
    room,
    birth: birth(work),
    version: 0,
    roster: new Map(),
    state: EMPTY_STATE,
    seq: 0,
    history: [],
    historyTtlMs: 0,
    occupancy: false,
    toldMs: 0,
    sinceMs: 0,
    publishedVersion: 0,
    toldVersion: 0,
  });
  return put(work, { ...(known ?? fresh()), ...rule });
}

/** R5: what nobody is a member of is kept for a while only. */
export function keepRoom(work: Work, room: Room): void {
  if (room.roster.size > 0 || work.cell.retain.has(roomRef(room))) return;
  own(work, "retain").set(roomRef(room), clockMs(work) + Math.max(room.retainMs, RETAIN_LEAST_MS));
}

export const roomEpoch = (work: Work, room: Room): string => `${work.cell.epoch}.${room.birth}`;

export function emit(work: Work, room: Room, event: string, id: string, payload: object, cause: Cause): void {
  const { from, re } = cause;
  const meta: Meta = {
    id,
    ts: iso(work.nowMs),
    ...(from === undefined ? {} : { from }),
    room: room.room,
    ...(re === undefined ? {} : { re }),
    ...trace(work, cause),
  };
  work.told.push({
    to: "sockets",
    ns: room.ns,
    tenant: room.tenant,
    target: roomTarget(room.tenant, room.room),
    packet: [event, { room: room.room, ...payload }, meta],
    traceparent: cause.traceparent,
  });
}

/** R6. At least `least`, so that what was read at a version is never missed by who follows from there. */
const toldNext = (work: Work, room: Room, least: number): Room =>
  put(work, { ...room, toldVersion: Math.max(room.toldVersion + 1, least) });

function tell(work: Work, before: Room, kind: string, version: number, user: string | undefined, cause: Cause): Room {
  const room = toldNext(work, before, version);
  const { tenant, ns, room: name } = room;
  const who = user === undefined ? {} : { user };
  const at = { epoch: roomEpoch(work, room), version: room.toldVersion, at: iso(work.nowMs), reason: cause.reason };
  work.told.push({
    to: "backends",
    kind,
    id: `${work.cell.epoch}-${room.birth}-r${version}`,
    tenant,
    user: user ?? "",
    ns,
    room: name,
    data: { tenant, namespace: ns, room: name, ...who, ...at },
    traceparent: cause.traceparent,
  });
  return room;
}

export function resyncRoom(work: Work, room: Room, reason: string): void {
  const id = `${work.cell.epoch}-${birth(work)}-s`;
  emit(work, room, "room:resync", id, { streams: ["roster"], reason, spreadMs: SPREAD_MS }, { reason });
}

export function tellOccupancy(work: Work, room: Room): Room {
  drop(work, "occupancy", roomRef(room));
  const { version, roster, birth: life } = room;
  const id = `${work.cell.epoch}-${life}-o${version}`;
  const payload = { epoch: roomEpoch(work, room), version, count: roster.size };
  emit(work, room, "room:occupancy", id, payload, { reason: "mode" });
  return put(work, { ...room, toldMs: clockMs(work) });
}

export function memberView({ user, name, info, devices, sinceMs }: MemberTruth) {
  return {
    user,
    ...(name === undefined ? {} : { name: JSON.parse(name) as string }),
    ...(info === undefined ? {} : { info: JSON.parse(info) as unknown }),
    devices,
    since: iso(sinceMs),
  };
}

/** R2, R3: sockets hear of the change that led from version `from` to the room as it is. */
function tellRoster(work: Work, room: Room, from: number, change: object, cause: Cause): Room {
  const { cell, bounds } = work;
  const ref = roomRef(room);
  const count = room.roster.size;
  if (cause.silent === true) {
    own(work, "resync").set(ref, clockMs(work) + RESYNC_AFTER_MS);
    return room;
  }
  if (!room.occupancy && count > bounds.occupancyAbove) return tellOccupancy(work, { ...room, occupancy: true });
  if (room.occupancy && count <= bounds.occupancyBelow) {
    drop(work, "occupancy", ref);
    resyncRoom(work, room, "mode");
    return put(work, { ...room, occupancy: false });
  }
  if (room.occupancy) {
    if (!cell.occupancy.has(ref))
      own(work, "occupancy").set(ref, Math.max(clockMs(work), room.toldMs + OCCUPANCY_EVERY_MS));
    return room;
  }
  const diff = { epoch: roomEpoch(work, room), from, to: room.version, ...change, count };
  emit(work, room, "room:roster", `${cell.epoch}-${room.birth}-r${room.version}`, diff, cause);
  return room;
}

export interface JoinOutcome {
  room: Room;
  change: { kind: "joined" | "updated"; from: number; member: MemberTruth } | undefined;
}

/** `info`: JSON text; undefined writes none. */
export function joinRoom(
  work: Work,
  room: Room,
  user: User,
  session: Session,
  info: string | undefined,
  cause: Cause,
): JoinOutcome {
  const from = room.version;
  const write = { session: session.id, name: session.name, info, nowMs: work.nowMs, version: from + 1 };
  const step: RosterStep = join(room.roster, user.user, write);
  if (step.change === undefined) return { room: put(work, { ...room, roster: step.roster }), change: undefined };
  const kind = step.change as "joined" | "updated";
  const first = room.roster.size === 0;
  let next = put(work, { ...room, roster: step.roster, version: from + (first ? 2 : 1) });
  if (first) {
    next = put(work, { ...next, sinceMs: work.nowMs });
    drop(work, "retain", roomRef(room));
    next = tell(work, next, "occupied", from + 1, undefined, cause);
  }
  if (kind === "joined") next = tell(work, next, "joined", next.version, user.user, cause);
  const member = memberOf(user.user, step.roster.get(user.user)!);
  next = tellRoster(work, next, from, { [kind]: [memberView(member)] }, cause);
  return { room: next, change: { kind, from, member } };
}

export function leaveRoom(work: Work, room: Room, user: User, session: Session, cause: Cause): void {
  const step = leave(room.roster, user.user, session.id);
  if (step.change === undefined) return;
  const unbound = changeState(
    work,
    room,
    (entry) => entry.bound?.user === user.user && entry.bound.session === session.id,
    cause,
  );
  const from = unbound.version;
  const isVacated = step.roster.size === 0;
  let next = put(work, { ...unbound, roster: step.roster, version: from + (isVacated ? 2 : 1) });
  if (step.change === "updated") {
    const member = memberView(memberOf(user.user, step.roster.get(user.user)!));
    tellRoster(work, next, from, { updated: [member] }, cause);
    return;
  }
  next = tell(work, next, "left", from + 1, user.user, cause);
  next = tellRoster(work, next, from, { left: [user.user] }, cause);
  if (!isVacated) return;
  next = tell(work, next, "vacated", next.version, undefined, cause);
  const { retainMs, stateRetainMs } = next;
  if (retainMs === 0) forgetRoom(work, next);
  else own(work, "retain").set(roomRef(next), clockMs(work) + (stateRetainMs > 0 ? stateRetainMs : retainMs));
}

/** R4. */
export function forgetRoom(work: Work, room: Room): void {
  const ref = roomRef(room);
  flushState(work, room);
  for (const table of ["rooms", "retain", "occupancy", "resync", "expiry", "publish"] as const) drop(work, table, ref);
}

/** Deletes the keys that `gone` says (T3), and tells. */
export function changeState(work: Work, room: Room, gone: (entry: StateEntry) => boolean, cause: Cause): Room {
  const { state, change } = removeKeys(room.state, gone, clockMs(work));
  if (change === undefined) return room;
  const next = put(work, { ...room, state });
  tellState(work, next, change, cause);
  return next;
}

export function entryView(key: string, { value, version, by, expiresAtMs, bound }: StateEntry) {
  return {
    key,
    value: JSON.parse(value) as unknown,
    version,
    ...(by === undefined ? {} : { by }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: iso(expiresAtMs) }),
    ...(bound === undefined ? {} : { bound: bound.session }),
  };
}

export function tellState(work: Work, room: Room, change: StateChange, cause: Cause): void {
  const { cell } = work;
  const ref = roomRef(room);
  const { from, to, set, deleted } = change;
  const deadlines = set.flatMap(([, { deadlineMs }]) => (deadlineMs === undefined ? [] : [deadlineMs]));
  if (deadlines.length > 0)
    own(work, "expiry").set(ref, Math.min(...deadlines, cell.expiry.get(ref) ?? Number.POSITIVE_INFINITY));
  const diff = {
    epoch: roomEpoch(work, room),
    from,
    to,
    ...(set.length > 0 ? { set: set.map(([key, entry]) => entryView(key, entry)) } : {}),
    ...(deleted.length > 0 ? { deleted } : {}),
  };
  emit(work, room, "room:state", `${cell.epoch}-${room.birth}-t${to}`, diff, cause);
  if (room.publish && !cell.publish.has(ref)) own(work, "publish").set(ref, clockMs(work) + PUBLISH_EVERY_MS);
}

/** What changed since the backends were told, merged. */
export function publishState(work: Work, before: Room): Room {
  if (before.state.version === before.publishedVersion) return before;
  const room = toldNext(work, before, Math.max(before.version + 1, before.state.version));
  const { tenant, ns, room: name, state } = room;
  const changes = since(state, Math.max(room.publishedVersion, state.floor))!;
  const epoch = roomEpoch(work, room);
  work.told.push({
    to: "backends",
    kind: "state",
    id: `${work.cell.epoch}-${room.birth}-p${state.version}`,
    tenant,
    user: "",
    ns,
    room: name,
    data: {
      tenant,
      namespace: ns,
      room: name,
      epoch,
      version: room.toldVersion,
      at: iso(work.nowMs),
      set: changes.set.map((key) => entryView(key, state.entries.get(key)!)),
      deleted: changes.deleted,
    },
  });
  return put(work, { ...room, publishedVersion: state.version });
}

/** T5: tells the backends what is still due, before it is forgotten. */
export function flushState(work: Work, room: Room): Room {
  const isDue = work.cell.publish.has(roomRef(room));
  drop(work, "publish", roomRef(room));
  return isDue ? publishState(work, room) : room;
}
