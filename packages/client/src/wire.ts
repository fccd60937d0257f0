/**
 * The shapes of the wire that this package reads and writes: types only. A copy, for an app needs no other package of
 * ours: written from `packages/contracts/src/wire.ts` by `node scripts/generate-docs.ts`.
 */

export type WireErrorCode =
  | "AUTH_REQUIRED"
  | "AUTH_INVALID"
  | "AUTH_EXPIRED"
  | "AUTH_REVOKED"
  | "FORBIDDEN"
  | "NAMESPACE_UNKNOWN"
  | "PROTOCOL_UNSUPPORTED"
  | "EVENT_UNKNOWN"
  | "ROOM_UNKNOWN"
  | "PAYLOAD_INVALID"
  | "PAYLOAD_TOO_LARGE"
  | "NOT_A_MEMBER"
  | "ROOM_FULL"
  | "CONFLICT"
  | "RATE_LIMITED"
  | "LIMIT_EXCEEDED"
  | "OVERLOADED"
  | "DRAINING"
  | "UNAVAILABLE"
  | "TIMEOUT"
  | "INTERNAL";

export interface WireError {
  code: WireErrorCode;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
  details?: Record<string, unknown>;
}

/** Every ack. */
export type Reply<T = unknown> = { ok: true; data: T } | { ok: false; error: WireError };

export interface Meta {
  /** Unique per logical message. */
  id: string;
  ts: string;
  /** Who caused it; absent when a backend did. */
  from?: { user: string; session: string };
  /** The client `id` of the action that caused it. */
  re?: string;
  room?: string;
  /** The room's history number. */
  seq?: number;
  inbox?: { epoch: string; seq: number; read: boolean };
  traceparent?: string;
}

/** `[name, payload, meta]`, as live events arrive and as histories list them. */
export type EventTriple = [string, unknown, Meta];

export interface Member {
  user: string;
  name?: string;
  info?: unknown;
  /** The user's live sessions in the room. */
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
  /** The state's version when this was written. */
  version: number;
  /** A user id; absent when a backend wrote it. */
  by?: string;
  expiresAt?: string;
  /** The session that the key goes with. */
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

export type Condition = { absent: true } | { version: number };

export type StateOp =
  | {
      op: "set";
      key: string;
      value: unknown;
      ttlMs?: number | undefined;
      bind?: "session" | undefined;
      if?: Condition | undefined;
    }
  | { op: "delete"; key: string; if?: Condition | undefined }
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

export interface MembersPage {
  epoch: string;
  version: number;
  count: number;
  members: Member[];
  next?: string;
  stale?: boolean;
}

export interface StatePage {
  epoch: string;
  version: number;
  entries: Entry[];
  next?: string;
}

export interface HistoryPage {
  epoch: string;
  seq: number;
  events: EventTriple[];
  next?: number;
}

export interface Resync {
  room: string;
  streams: ("roster" | "state" | "history")[];
  reason: string;
  spreadMs: number;
}

export interface Removed {
  room: string;
  /** `revoked`, `expired`, `forbidden` (open). */
  reason: string;
}

export type PresenceStatus = "active" | "away" | "busy" | "invisible";

export interface UserPresence {
  user: string;
  status: "active" | "away" | "busy" | "offline";
  info?: unknown;
  devices?: number;
  epoch?: string;
  version?: number;
}

export interface Health {
  presence: "live" | "stale";
  fanout: "live" | "stale";
  inbox: "live" | "stale";
}

export interface SessionReady {
  session: string;
  user: string;
  tenant: string;
  namespace: string;
  edge: string;
  protocol: 1;
  resumed: boolean;
  serverTime: string;
  expiresAt: string;
  heartbeat: { pingIntervalMs: number; pingTimeoutMs: number; graceMs: number };
  limits: {
    payloadBytes: number;
    rooms: number;
    watched: number;
    eventsPerSecond: number;
    stateKeys: number;
    stateValueBytes: number;
  };
  health: Health;
}

/** Answer of `inbox:sync`: `events` ascend. */
export interface InboxPage {
  epoch: string;
  seq: number;
  unread: number;
  events: EventTriple[];
  next?: number;
}

/** Answer of `inbox:ack`, `inbox:read` and `inbox:unread`. */
export interface InboxState {
  epoch: string;
  ackSeq: number;
  unread: number;
}

export interface InboxChanged extends InboxState {
  read?: { upTo: number } | { ids: string[] };
}
