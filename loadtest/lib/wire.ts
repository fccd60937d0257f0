/** Shapes of the wire protocol that scenarios use. */

export interface Member {
  user: string;
  info?: unknown;
  devices: number;
  since: string;
}
export interface RosterDiff {
  room: string;
  epoch: string;
  from: number;
  to: number;
  joined?: Member[];
  updated?: Member[];
  left?: string[];
  count: number;
}
export interface Occupancy {
  room: string;
  epoch: string;
  version: number;
  count: number;
}
export interface Entry {
  key: string;
  value: unknown;
  version: number;
  by?: string;
}
export interface StateDiff {
  room: string;
  epoch: string;
  from: number;
  to: number;
  set?: Entry[];
  deleted?: string[];
}
export interface Have {
  epoch: string;
  roster?: number;
  state?: number;
  history?: number;
}
export interface JoinAnswer {
  room: string;
  epoch: string;
  resumed: boolean;
  mode: "roster" | "occupancy";
  count: number;
  roster: { version: number; members?: Member[]; next?: string; delta?: RosterDiff };
  state: { version: number; entries?: Entry[]; next?: string; delta?: StateDiff };
  history: { seq: number; events?: EventTriple[]; next?: number };
  stale?: boolean;
}
export interface Meta {
  id: string;
  ts: string;
  room?: string;
  seq?: number;
  from?: { user: string; session: string };
  inbox?: { epoch: string; seq: number };
}
export type EventTriple = [name: string, payload: unknown, meta: Meta];
export interface UserPresence {
  user: string;
  status: "active" | "away" | "busy" | "offline";
  epoch?: string;
  version?: number;
}
export interface Ready {
  session: string;
  user: string;
  edge: string;
  resumed: boolean;
  heartbeat: { pingIntervalMs: number; pingTimeoutMs: number; graceMs: number };
}
export interface Failure {
  code: string;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
  details?: unknown;
}
export type Answer<T> = { ok: true; data: T } | { ok: false; error: Failure };

/** Events that the core sends; every other one must be declared by a contract. */
export const CORE_EVENTS: ReadonlySet<string> = new Set([
  "session:ready",
  "session:fault",
  "session:expiring",
  "session:health",
  "session:revoked",
  "server:drain",
  "room:roster",
  "room:occupancy",
  "room:state",
  "room:resync",
  "room:removed",
  "presence:changed",
  "presence:resync",
  "inbox:changed",
]);
