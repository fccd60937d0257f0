/** The plain shapes of the wire that several parts pass on. The TypeBox schemas in `core/` must agree with them. */

export type PresenceStatus = "active" | "away" | "busy" | "invisible";

/** `[name, payload, meta]` */
export type EventTriple = [string, unknown, Meta];

export interface Meta {
  id: string;
  ts: string;
  from?: { user: string; session: string };
  re?: string;
  room?: string;
  seq?: number;
  inbox?: { epoch: string; seq: number; read: boolean };
  traceparent?: string;
}

export interface Member {
  user: string;
  name?: string;
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

export interface Entry {
  key: string;
  value: unknown;
  version: number;
  by?: string;
  expiresAt?: string;
  bound?: string;
}

export interface StateDiff {
  room: string;
  epoch: string;
  from: number;
  to: number;
  set?: Entry[];
  deleted?: string[];
}

export type StateOp =
  | {
      op: "set";
      key: string;
      value: unknown;
      ttlMs?: number;
      bind?: "session";
      if?: { absent: true } | { version: number };
    }
  | { op: "delete"; key: string; if?: { absent: true } | { version: number } }
  | { op: "increment"; key: string; by: number };

export interface JoinHave {
  epoch: string;
  roster?: number;
  state?: number;
  history?: number;
}

export interface JoinAck {
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

export interface UserPresence {
  user: string;
  status: "active" | "away" | "busy" | "offline";
  info?: unknown;
  devices?: number;
  epoch?: string;
  version?: number;
  /** Backends only. */
  visible?: boolean;
}
