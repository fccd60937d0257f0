/** Everything that is due (W1-W4). The scripts do a bounded part of it a call; here it is all but the evictions. */

import type { Swept } from "../store.ts";
import { type BrakeReason, isMassExpiry, mayRelease } from "./brake.ts";
import { clockMs, drop, dueOf, own, type Room, type Work } from "./cell.ts";
import { changeState, flushState, forgetRoom, publishState, put, resyncRoom, tellOccupancy } from "./rooms.ts";
import { fence, findByRef, finish, lose, sessionsOf } from "./sessions.ts";
import { saveUser } from "./users.ts";

/** `traceparent`: for what tells of the end of a session whose connect was sampled. */
export function sweep(work: Work, wanted: BrakeReason | undefined, traceparent?: string): Swept {
  const { cell } = work;
  const swept: Swept = { more: false, fenced: 0, lost: 0, ended: 0, told: 0, edges: 0, traced: [] };
  if (wanted !== undefined && cell.brake === undefined) cell.brake = { reason: wanted, spentMs: 0 };
  if (cell.brake !== undefined) release(work, swept);
  if (cell.brake === undefined) leases(work, swept);
  if (cell.brake === undefined) {
    // W2
    evict(work, swept);
    grace(work, swept, traceparent);
  }
  forEachRoom(work, "retain", retain);
  forEachRoom(work, "occupancy", (_, room) => (room.occupancy ? tellOccupancy(work, room) : undefined));
  forEachRoom(work, "resync", (_, room) => room.roster.size > 0 && resyncRoom(work, room, "repair"));
  forEachRoom(work, "expiry", expireKeys);
  forEachRoom(work, "publish", publishState);
  swept.told = work.told.filter(({ to }) => to === "backends").length;
  swept.edges = cell.leases.size;
  return swept;
}

/** W4. */
function release(work: Work, swept: Swept): void {
  const { cell, bounds } = work;
  const renewedAt = clockMs(work) + bounds.leaseMs;
  const unrenewed = [...cell.leases].filter(([, deadline]) => deadline < renewedAt);
  if (!mayRelease(cell.brake!, unrenewed.length, bounds)) return;
  cell.brake = undefined;
  for (const [edge] of unrenewed) {
    swept.fenced++;
    fence(work, edge, "evicted", clockMs(work));
  }
}

/** E3, W3. */
function leases(work: Work, swept: Swept): void {
  const { cell, bounds } = work;
  const over = dueOf(cell.leases, clockMs(work));
  if (over.length === 0) return;
  const horizon = clockMs(work) - bounds.leaseMs;
  const recent = [...cell.expired.values()].filter((at) => at >= horizon).length;
  if (isMassExpiry(over.length, recent, cell.leases.size + recent)) {
    cell.brake = { reason: "leases", spentMs: 0 };
    return;
  }
  for (const [edge, at] of [...cell.expired]) if (at <= horizon) drop(work, "expired", edge);
  for (const [edge, deadline] of over) {
    swept.fenced++;
    own(work, "expired").set(edge, clockMs(work));
    fence(work, edge, "evicted", deadline);
  }
}

function evict(work: Work, swept: Swept): void {
  const { cell } = work;
  const [next] = dueOf(cell.evicting, Number.POSITIVE_INFINITY);
  if (next === undefined) return;
  const [entry, fromMs] = next;
  const [reason = "", edge = "", set] = entry.split(" ");
  for (const ref of sessionsOf(work, edge)) {
    if (cell.unnamed.has(`${edge} ${ref}`) !== (set === "old")) continue;
    const { user, session } = findByRef(work, ref);
    swept.lost++;
    saveUser(work, lose(work, user, session!, reason, fromMs), { reason });
  }
  drop(work, "evicting", entry);
  swept.more = true;
}

/** G2, G6. */
function grace(work: Work, swept: Swept, traceparent: string | undefined): void {
  const { cell, bounds } = work;
  for (const [ref, deadline] of dueOf(cell.grace, clockMs(work))) {
    const { user, session } = findByRef(work, ref);
    drop(work, "grace", ref);
    if (session?.lost === undefined) continue;
    swept.ended++;
    const { lost: reason, trace } = session;
    const isTraced = trace !== undefined && traceparent !== undefined;
    if (isTraced) swept.traced.push({ connect: trace, reason });
    const delayMs = clockMs(work) - deadline + bounds.graceMs;
    finish(work, user, session, { reason, traceparent: isTraced ? traceparent : undefined, delayMs });
  }
}

function forEachRoom(
  work: Work,
  table: "retain" | "occupancy" | "resync" | "expiry" | "publish",
  act: (work: Work, room: Room, dueMs: number) => unknown,
): void {
  for (const [ref, deadline] of dueOf(work.cell[table], clockMs(work))) {
    drop(work, table, ref);
    const room = work.cell.rooms.get(ref);
    if (room !== undefined) act(work, room, deadline);
  }
}

/** R4. */
function retain(work: Work, room: Room, dueMs: number): void {
  if (room.roster.size > 0) return;
  const { stateRetainMs, retainMs } = room;
  if (stateRetainMs === 0 || stateRetainMs >= retainMs) {
    forgetRoom(work, room);
    return;
  }
  // The history outlives the state.
  const version = room.state.version + 1;
  const state = { version, floor: version, entries: new Map(), tombstones: new Map() };
  put(work, { ...flushState(work, room), state, stateRetainMs: 0 });
  const ref = `${room.tenant} ${room.ns} ${room.room}`;
  drop(work, "expiry", ref);
  own(work, "retain").set(ref, dueMs + retainMs - stateRetainMs);
}

function expireKeys(work: Work, room: Room): void {
  const ref = `${room.tenant} ${room.ns} ${room.room}`;
  const now = clockMs(work);
  const next = changeState(work, room, ({ deadlineMs }) => deadlineMs !== undefined && deadlineMs <= now, {
    reason: "ttl",
  });
  const deadlines = [...next.state.entries.values()].flatMap(({ deadlineMs }) =>
    deadlineMs === undefined ? [] : [deadlineMs],
  );
  if (deadlines.length > 0) own(work, "expiry").set(ref, Math.min(...deadlines));
}
