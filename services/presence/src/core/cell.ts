/**
 * The whole of a cell as a value, and the work of one commit on it. A commit copies the tables it changes, replaces the
 * records in them, and gathers what it has to tell (C4). Refs and room names are texts, as in the scripts.
 */

import type { EventTriple } from "@rollcall/contracts";
import type { Brake } from "./brake.ts";
import type { CellClock } from "./clock.ts";
import type { Roster } from "./roster.ts";
import type { RoomState } from "./state.ts";
import type { Session, User } from "./user.ts";

export interface Bounds {
  readonly graceMs: number;
  readonly leaseMs: number;
  readonly brakeMs: number;
  readonly occupancyAbove: number;
  readonly occupancyBelow: number;
  /** May clients see the trace of what they are told. */
  readonly traceToClient: boolean;
}

export const OCCUPANCY_EVERY_MS = 1_000;
export const RESYNC_AFTER_MS = 1_000;
export const SPREAD_MS = 2_000;
export const RETAIN_LEAST_MS = 60_000;
export const PUBLISH_EVERY_MS = 1_000;
export const IDEMPOTENT_MS = 600_000;
export const SESSION_ROOMS = 100;

export interface EdgeRecord {
  readonly epoch: number;
  /** Last applied number. */
  readonly n: number;
  /** Its last assertion. */
  readonly round: string | undefined;
  readonly gone: boolean;
}

export interface Room {
  readonly tenant: string;
  readonly ns: string;
  readonly room: string;
  readonly birth: number;
  readonly version: number;
  readonly roster: Roster;
  readonly state: RoomState;
  readonly seq: number;
  readonly history: readonly { seq: number; atMs: number; triple: EventTriple }[];
  readonly historyTtlMs: number;
  readonly occupancy: boolean;
  /** Clock of the last count told. */
  readonly toldMs: number;
  readonly sinceMs: number;
  readonly retainMs: number;
  readonly stateRetainMs: number;
  readonly publish: boolean;
  /** State version the backends know. */
  readonly publishedVersion: number;
  /** R6: the last version told to the backends. */
  readonly toldVersion: number;
}

/** Names to the clock at which they are due. */
export type Due = ReadonlyMap<string, number>;

interface Tables {
  edges: ReadonlyMap<string, EdgeRecord>;
  /** Sessions an assertion in progress has not named yet, as `<edge> <ref>`. */
  unnamed: ReadonlySet<string>;
  leases: Due;
  expired: Due;
  /** `<reason> <edge> <s|old>`: what its sessions' grace counts from. */
  evicting: Due;
  users: ReadonlyMap<string, User>;
  grace: Due;
  rooms: ReadonlyMap<string, Room>;
  retain: Due;
  occupancy: Due;
  resync: Due;
  expiry: Due;
  publish: Due;
  answers: ReadonlyMap<string, { answer: string; untilMs: number }>;
}
export type TableName = keyof Tables;
type Owned = {
  [K in TableName]: Tables[K] extends ReadonlyMap<string, infer V> ? Map<string, V> : Set<string>;
};

export interface Cell extends Tables {
  run: string;
  epoch: number;
  clock: CellClock;
  brake: Brake | undefined;
  births: number;
  /** The highest incarnation of any session so far. */
  incarnation: number;
}

export interface Cause {
  reason: string;
  traceparent?: string | undefined;
  /** Who caused it. */
  from?: { user: string; session: string } | undefined;
  /** Client id of the action that caused it. */
  re?: string | undefined;
  /** Sockets are told later, by a resync. */
  silent?: boolean;
  delayMs?: number;
}

/** What a commit tells: C4. Both are data, to be encoded by whoever keeps the log and the outbox. */
export type Told =
  | {
      to: "sockets";
      ns: string;
      tenant: string;
      target: string;
      except?: string;
      packet: EventTriple;
      traceparent?: string | undefined;
    }
  | {
      to: "backends";
      kind: string;
      id: string;
      tenant: string;
      user: string;
      ns: string;
      room: string;
      data: Record<string, unknown>;
      traceparent?: string | undefined;
      delayMs?: number | undefined;
    };

export const userKey = (tenant: string, user: string): string => `${tenant} ${user}`;
export const roomRef = ({ tenant, ns, room }: Pick<Room, "tenant" | "ns" | "room">): string =>
  `${tenant} ${ns} ${room}`;
export const sessionRef = (user: Pick<User, "tenant" | "user">, { ns, id }: Pick<Session, "ns" | "id">): string =>
  `${user.tenant} ${user.user} ${ns} ${id}`;

/** One commit in the making. */
export interface Work {
  readonly cell: Cell;
  readonly bounds: Bounds;
  /** Redis time, for stamps. */
  readonly nowMs: number;
  readonly told: Told[];
  /** Tables that are this commit's own copies. */
  readonly owned: Set<TableName>;
}

/** The commit's work on `before`, which stays as it is. */
export const begin = (before: Cell, bounds: Bounds, nowMs: number): Work => ({
  cell: { ...before },
  bounds,
  nowMs,
  told: [],
  owned: new Set(),
});

/** A table to be changed: its first change copies it. */
export function own<K extends TableName>(work: Work, name: K): Owned[K] {
  const { cell, owned } = work;
  if (!owned.has(name)) {
    owned.add(name);
    const copy = name === "unnamed" ? new Set(cell.unnamed) : new Map(cell[name] as ReadonlyMap<string, unknown>);
    Object.assign(cell, { [name]: copy });
  }
  return cell[name] as unknown as Owned[K];
}

export function drop(work: Work, name: TableName, key: string): void {
  if (work.cell[name].has(key)) own(work, name).delete(key);
}

export const clockMs = (work: Work): number => work.cell.clock.atMs;
/** When a socket of that age connected; undefined when its edge does not say. */
export const connectedAt = (work: Work, ageMs: number | undefined): number | undefined =>
  ageMs === undefined ? undefined : work.cell.clock.passedMs - ageMs;
export const birth = (work: Work): number => ++work.cell.births;

/** An edge says, or is told, that a session has this incarnation. */
export function sawIncarnation({ cell }: Work, incarnation: number): void {
  cell.incarnation = Math.max(cell.incarnation, incarnation);
}

/**
 * G3. An incarnation not below `least`, Redis's time, and any before: neither an older copy of the store nor a clock
 * that went back gives one that an edge may have seen outlived.
 */
export function incarnationFrom(work: Work, least: number): number {
  sawIncarnation(work, Math.max(least, work.nowMs));
  return work.cell.incarnation;
}

export const iso = (ms: number): string => new Date(ms).toISOString();

/** What is due, in the order of its deadlines, then of its names. */
export function dueOf(table: Due, atMs: number): [string, number][] {
  const due: [string, number][] = [];
  for (const entry of table) if (entry[1] <= atMs) due.push(entry);
  return due.length < 2 ? due : due.sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
}

export function newCell(): Cell {
  return {
    run: "",
    epoch: 0,
    clock: { seenMs: 0, atMs: 0, passedMs: 0 },
    brake: undefined,
    births: 0,
    incarnation: 0,
    edges: new Map(),
    unnamed: new Set(),
    leases: new Map(),
    expired: new Map(),
    evicting: new Map(),
    users: new Map(),
    grace: new Map(),
    rooms: new Map(),
    retain: new Map(),
    occupancy: new Map(),
    resync: new Map(),
    expiry: new Map(),
    publish: new Map(),
    answers: new Map(),
  };
}
