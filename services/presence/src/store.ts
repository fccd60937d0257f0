/**
 * What the presence service needs of a store. Two keep it: `redis/` (the real one) and `twin/` (the pure core in
 * memory); one contract suite and a differential test hold them to the same observable results.
 *
 * Every method may reject with `UNAVAILABLE`; it may have taken effect then, and doing it again is safe.
 */

import type { ErrorCode, UserPresence } from "@rollcall/contracts";
import type { LaneOp, LeaseData, RoomRules, RuledOp, SessionRef } from "@rollcall/contracts/internal";

/** Bounds in milliseconds and counts. The same in every replica: they are part of the scripts. */
export interface StoreBounds {
  graceMs: number;
  leaseMs: number;
  brakeMs: number;
  /** Above this many members a room's sockets get counts; default 500. */
  occupancyAbove: number;
  /** At this many they get the roster again; default 100. */
  occupancyBelow: number;
  /** Sampled messages carry `meta.traceparent` to clients. */
  traceToClient: boolean;
  /** Entries the fan-out log keeps, approximately. */
  logMaxLen: number;
  /** Transitions kept while JetStream does not take them, approximately; default 1,000,000 (some 400 MB). */
  outboxMaxLen?: number;
}

export interface Stamp {
  /** The cell's epoch. */
  epoch: string;
  /** The brake holds: what is read may name some who are gone. */
  brake: boolean;
}

export interface RoomVersions {
  /** `<cell epoch>.<birth>`; birth 0 when the room has no record. */
  roomEpoch: string;
  version: number;
  count: number;
  occupancy: boolean;
  stateVersion: number;
  seq: number;
}

export interface RoomRead extends Stamp, RoomVersions {
  members: MemberFacts[];
  /** The place in the fan-out log up to which everything is in it. */
  position: string;
}

export interface MemberFacts {
  user: string;
  /** JSON texts; undefined when there is none. */
  name: string | undefined;
  info: string | undefined;
  devices: number;
  sinceMs: number;
}

export interface JoinFacts extends RoomVersions {
  /** The log's place after which changes are not in `version`. */
  position: string;
  /** What this join changed, from roster version `from` to `version`; `member` is JSON text. */
  change: { kind: "joined" | "updated"; from: number; member: string } | undefined;
}

/** The outcome of one lane operation, before it is dressed for the edge. */
export type OpResult =
  | { kind: "error"; code: ErrorCode; message: string; details?: Record<string, unknown> }
  /** Applied earlier: read the present result. */
  | { kind: "repeat" }
  /** Not applied: an earlier one is missing. */
  | { kind: "gap" }
  | { kind: "open"; incarnation: number; resumed: boolean; elsewhere: string | undefined; memberships: Membership[] }
  | { kind: "done" }
  | { kind: "set"; version: number }
  | { kind: "update"; version: number }
  | { kind: "join"; facts: JoinFacts }
  | { kind: "patch"; epoch: string; version: number }
  /** `id` and `ts` of the first time, when it is a repeat of a client id. */
  | { kind: "publish"; id: string; ts: string; seq: number | undefined }
  | { kind: "assert"; incarnations: (number | undefined)[]; ghosts: number; missing: number }
  | { kind: "digest"; equal: boolean };

export interface Membership {
  room: string;
  observe: boolean;
}

export type LaneOutcome = ({ status: "OK"; results: OpResult[] } & Stamp) | ({ status: "UNKNOWN_EDGE" } & Stamp);

export interface UserFacts {
  user: string;
  status: Exclude<UserPresence["status"], "offline">;
  /** JSON text. */
  info: string | undefined;
  devices: number;
  hidden: boolean;
  epoch: string;
  version: number;
}

export interface SessionFacts {
  ref: SessionRef;
  edge: string;
  incarnation: number;
  /** Since its socket connected, as G5 compares it; undefined when its edge did not say. */
  connectedForMs: number | undefined;
  /** Why its socket went; undefined while it is online. */
  lost: string | undefined;
  sinceMs: number;
  issuedAtMs: number;
  status: UserFacts["status"];
  memberships: Membership[];
  /** JSON texts. */
  client: string | undefined;
  name: string | undefined;
  info: string | undefined;
  /** The traceparent of its connect, when that was sampled. */
  trace: string | undefined;
  leaseLeftMs: number | undefined;
  graceLeftMs: number | undefined;
}

export interface UserRecord extends Stamp {
  brakeReason: string | undefined;
  brakeSpentMs: number;
  /** Undefined when offline. */
  userEpoch: string | undefined;
  version: number;
  hidden: boolean;
  sessions: SessionFacts[];
}

/** What one sweep did. */
export interface Swept {
  /** There is more to do now. */
  more: boolean;
  fenced: number;
  lost: number;
  ended: number;
  /** Lines for the backends. */
  told: number;
  /** That hold a lease. */
  edges: number;
  /** Of the ended, those whose connect was sampled: what tells of their end carries the sweep's `traceparent`. */
  traced: EndedTrace[];
}

export type SweepReport = Stamp & Swept;

export interface EndedTrace {
  /** The traceparent of the session's connect. */
  connect: string;
  reason: string;
}

export interface SweepAsk {
  /** Are the caller's Redis and NATS well? */
  well: boolean;
  /** Why it wants the brake. */
  brake: string | undefined;
  traceparent?: string | undefined;
}

/** One key of a room's state. */
export interface EntryFacts {
  key: string;
  /** JSON text. */
  value: string;
  version: number;
  by: string | undefined;
  expiresAtMs: number | undefined;
  bound: string | undefined;
}

export type StateAsk =
  | { which: "page"; after: string; bytes: number }
  | { which: "keys"; keys: readonly string[] }
  | { which: "since"; version: number };

export interface StateRead {
  roomEpoch: string;
  version: number;
  /** Of a page: there are further keys. */
  more: boolean;
  /** Undefined: that version is not covered any more. */
  entries: EntryFacts[] | undefined;
  deleted: string[];
}

export interface HistoryAsk {
  after?: number | undefined;
  before?: number | undefined;
  limit: number;
  newest: boolean;
}

export interface HistoryRead {
  roomEpoch: string;
  seq: number;
  /** Ascending: JSON texts of `[event, payload, meta]`, and their seqs. */
  events: string[];
  seqs: number[];
}

export interface RoomName {
  tenant: string;
  namespace: string;
  room: string;
}

/** One transition on its way to the backends, as `cell.tell` of `lua/lib/cell.lua` writes it. */
export interface OutboxEntry {
  /** Its place in the outbox. */
  place: string;
  /** Redis time at which it was committed. */
  atMs: number;
  kind: OutboxKind;
  /** Unique per transition: `Nats-Msg-Id` and CloudEvent id. */
  id: string;
  traceparent: string | undefined;
  tenant: string;
  user: string;
  namespace: string;
  room: string;
  dataJson: string;
  /** For an offline user: ms since its last session was lost. */
  delayMs: number | undefined;
}

export type OutboxKind =
  | "online"
  | "offline"
  | "changed"
  | "joined"
  | "left"
  | "occupied"
  | "vacated"
  | "state"
  | "epoch";

export interface OutboxStanding {
  waiting: number;
  /** Of the oldest that waits; 0 when none does. */
  ageMs: number;
  /** Lost to the bound since the cell began. */
  dropped: number;
}

export interface Outbox {
  /** Cheap to ask. */
  isEmpty(): Promise<boolean>;
  /** The oldest entries, if `relay` may have them: one at a time may, for `claimMs` from each call. `count` 0 claims none. */
  take(
    relay: string,
    options: { claimMs: number; count: number },
  ): Promise<{ mine: boolean; entries: OutboxEntry[]; standing: OutboxStanding }>;
  done(places: readonly string[]): Promise<void>;
  yield(relay: string): Promise<void>;
}

export interface UsersRead {
  users: (UserFacts | undefined)[];
  /** The place in the fan-out log up to which everything is in it. */
  position: string;
}

export interface SessionRevocation {
  tenant: string;
  user: string;
  session?: string | undefined;
  namespace?: string | undefined;
  room?: string | undefined;
  /** Only sessions whose token was issued at or before. */
  issuedBeforeMs?: number | undefined;
  /** Of who asked for it. */
  traceparent?: string | undefined;
}

export interface PresenceStore {
  hello(edge: string): Promise<LeaseData>;
  lease(edge: string): Promise<LeaseData>;
  /** Applies in order what was not applied before. `refused`, by number: counted, and answered with the code. */
  lane(edge: string, ops: readonly LaneOp[], refused?: ReadonlyMap<number, ErrorCode>): Promise<LaneOutcome>;
  /** Ends sessions of the user, or with `room` takes them out of it. Resolves with how many. */
  revoke(revocation: SessionRevocation): Promise<number>;
  /** One bounded round of everything due. `brake`: why the caller wants evictions held. */
  sweep(ask: SweepAsk): Promise<SweepReport>;
  /** In the order asked; undefined = offline. */
  users(tenant: string, users: readonly string[]): Promise<Stamp & UsersRead>;
  userPage(tenant: string, after: string, limit: number): Promise<Stamp & { count: number; users: UserFacts[] }>;
  user(tenant: string, user: string): Promise<UserRecord>;
  room(name: RoomName, page: { after: string; limit: number }): Promise<RoomRead>;
  state(name: RoomName, ask: StateAsk): Promise<Stamp & StateRead>;
  history(name: RoomName, ask: HistoryAsk): Promise<Stamp & HistoryRead>;
  /** A backend's patch. Rejects with the catalogue's error when it is refused. */
  patch(
    name: RoomName,
    patch: { rules: RoomRules; ops: readonly RuledOp[]; id: string | undefined; traceparent: string | undefined },
  ): Promise<{ epoch: string; version: number }>;
  /** The newest place in the fan-out log. */
  position(): Promise<string>;
  rooms(
    tenant: string,
    namespace: string,
    page: { prefix: string; after: string; limit: number },
  ): Promise<Stamp & { rooms: { room: string; count: number; sinceMs: number }[] }>;
}
