/**
 * What edges and presence say to each other over NATS (`Subjects.presenceDoor(cell, door)`): private, but shared,
 * since services never import each other. Services of adjacent minor releases must understand each other:
 * add optional fields only.
 *
 * Every reply is `{ ok: true, data }` or `{ ok: false, error: WireError }`.
 *
 * Order of life of an edge: `hello` (new id) -> `lane` batches and `lease` renewals -> `lane` with `bye` when it drains.
 * An edge told `UNKNOWN_EDGE` takes a new id, says `hello`, and asserts all its sessions.
 */

import { hash } from "node:crypto";
import type { JoinAck, JoinHave, PresenceStatus, StateOp, UserPresence, WireError } from "../wire.ts";

export interface SessionRef {
  tenant: string;
  /** `/` or `/name`. */
  namespace: string;
  user: string;
  session: string;
}

/** `hello`: announces a fresh edge id. Idempotent for the same `edge`. */
export interface HelloRequest {
  edge: string;
}
/** `lease`: renews; outside the lane. */
export interface LeaseRequest {
  edge: string;
}
export type LeaseData =
  | { status: "OK"; epoch: string; brake: boolean }
  /** The edge's lease ended, or the store was rewound: take a new id. */
  | { status: "UNKNOWN_EDGE"; epoch: string; brake: boolean };

/** What a room needs to know of its contract; the edge reads it from the contract files. */
export interface RoomRules {
  maxMembers?: number;
  /** How long the room's record outlives its last member. */
  retainMs: number;
  /** State changes also go to the PRESENCE stream. */
  publishState?: boolean;
  history?: { size: number; ttlMs: number };
}

/** A session as its connect made it. */
export interface OpenedSession {
  ref: SessionRef;
  name?: string;
  client?: string;
  presence?: { status: PresenceStatus; info?: unknown };
  /** Token's issue and end, ms since the epoch. */
  issuedAtMs: number;
  expiresAtMs: number;
  /** How long ago its socket connected, when the batch was sent, this time. Default: just now; in an assertion, unknown. */
  ageMs?: number;
}

/** What a client's message does in a room. */
interface RoomAct {
  ref: SessionRef;
  incarnation: number;
  room: string;
  /** The client's, of its message. */
  id?: string;
}

/** A state operation and what the contract says of its key: who owns it, and the integers that a sum may be. */
export type RuledOp =
  | Exclude<StateOp, { op: "increment" }>
  | (Extract<StateOp, { op: "increment" }> & { bind?: "session"; least?: number; most?: number });

export type LaneOp = { n: number; traceparent?: string } & (
  | ({
      op: "open";
      /** Refused with `LIMIT_EXCEEDED` when the user has so many other live sessions, on any edge. Default: no bound. */
      mostSessions?: number;
    } & OpenedSession)
  | { op: "close"; ref: SessionRef; incarnation: number; how: CloseReason }
  | { op: "set"; ref: SessionRef; incarnation: number; status: PresenceStatus; info?: unknown }
  | ({
      op: "join";
      rules: RoomRules;
      observe: boolean;
      /** Absent: writes nothing. `null`: clears. */
      info?: unknown;
      have?: JoinHave;
      last?: number;
      /** When the newest token or grant that allows it was issued. Default: the token the session was opened with. */
      issuedAtMs?: number;
    } & RoomAct)
  | ({ op: "leave"; reason: LeaveReason } & RoomAct)
  | ({ op: "update"; info: unknown } & RoomAct)
  | ({
      op: "patch";
      rules: RoomRules;
      ops: RuledOp[];
    } & RoomAct)
  | ({
      op: "publish";
      rules: RoomRules;
      event: string;
      /** The payload and `meta` without `seq`, as JSON texts: presence never parses them. */
      dataJson: string;
      metaJson: string;
      history: boolean;
    } & RoomAct)
  /** Silent bulk re-assertion; `round` groups the chunks of one, `last` ends it (what was not asserted is extra). */
  | { op: "assert"; round: string; sessions: AssertedSession[]; last: boolean }
  | { op: "digest"; digest: Digest }
  /** The edge is empty and leaves: its record goes; sessions that still name it are treated as lost. */
  | { op: "bye" }
);

/**
 * `leave`: explicit, no grace. `lost`: the socket went; grace starts. `drain`: like lost, the edge is going away.
 * `revoked`: at once, no grace. `expired`: leaves the session its grace, which then ends with that reason.
 */
export type CloseReason = "leave" | "lost" | "drain" | "revoked" | "expired";
export type LeaveReason = "leave" | "lost" | "evicted" | "expired" | "revoked";

export interface AssertedSession extends OpenedSession {
  incarnation: number;
  /** Of its connect, when that was sampled. */
  traceparent?: string;
  /** `issuedAtMs`: of the join that brought it there. Default: the session's. */
  rooms: { room: string; observe: boolean; rules: RoomRules; info?: unknown; issuedAtMs?: number }[];
}

/**
 * What an edge holds, folded: sessions and memberships counted together and two 32-bit XORs of the hashes of
 * `digestItem` texts. Presence keeps the same three numbers per edge and compares.
 */
export interface Digest {
  count: number;
  x1: number;
  x2: number;
}

export type LaneResult = { n: number } & ({ ok: true; data: LaneData } | { ok: false; error: WireError });

export type LaneData =
  /** `rooms`: its memberships, held until joined again; `observing` names those of them in which it observes. */
  | { op: "open"; incarnation: number; resumed: boolean; rooms: string[]; observing?: string[] }
  | { op: "close" | "set" | "leave"; version?: number }
  | { op: "update"; version: number }
  | { op: "join"; ack: JoinAck; position: string }
  | { op: "patch"; epoch: string; version: number }
  | { op: "publish"; id: string; ts: string; seq?: number }
  /**
   * `replaced`: the edge holds them no longer, because they live elsewhere or, when they are also in `revoked`, because
   * their user was revoked. `removed`: memberships that were revoked.
   */
  | {
      op: "assert";
      replaced: SessionRef[];
      incarnations: { ref: SessionRef; incarnation: number }[];
      revoked?: SessionRef[];
      removed?: { ref: SessionRef; room: string }[];
    }
  | { op: "digest"; equal: boolean }
  | { op: "bye" };

export interface LaneRequest {
  edge: string;
  /** At most 500, `n` consecutive. Retried with the same `n` until answered. */
  ops: LaneOp[];
}
export type LaneReplyData =
  | { status: "OK"; epoch: string; brake: boolean; results: LaneResult[] }
  | { status: "UNKNOWN_EDGE"; epoch: string; brake: boolean };

/** `read`: no order, no effect. `as` names the asker so that the answer may depend on it. */
export type ReadRequest =
  | { read: "members"; tenant: string; namespace: string; room: string; cursor?: string; limit?: number }
  | { read: "state"; tenant: string; namespace: string; room: string; keys?: string[]; cursor?: string }
  | {
      read: "history";
      tenant: string;
      namespace: string;
      room: string;
      before?: number;
      after?: number;
      limit?: number;
    }
  | { read: "users"; tenant: string; users: string[] }
  /** For tokens and grants that do not pass the lane: `session:refresh`, `grant`. */
  | { read: "revocations"; tenant: string; user: string; namespace?: string; room?: string };
/** Up to which time of issue (ms) the user's tokens, and with a room its grants there, are void; absent: none is. */
export interface ReadRevocationsData {
  userMs?: number;
  roomMs?: number;
}
/** `position`: the place in the log up to which everything is in it. */
export type ReadUsersData = { users: UserPresence[]; position: string; stale?: boolean };

/**
 * `publish`: the notifier asks for a domain event to go into a room's history and to its members, with the next `seq`.
 * A repeat of `id` in the room is answered alike and changes nothing (10 minutes). Texts as in the lane's `publish`.
 */
export interface PublishRequest {
  tenant: string;
  namespace: string;
  room: string;
  rules: RoomRules;
  event: string;
  /** `meta.id`. */
  id: string;
  dataJson: string;
  metaJson: string;
}
export interface PublishData {
  id: string;
  ts: string;
  seq: number;
}

/** Presence to edges. At most once: the digest repairs what was missed. */
export type ControlMessage =
  | { kind: "replaced"; ref: SessionRef; incarnation: number }
  | { kind: "epoch"; epoch: string }
  | {
      kind: "revoked";
      tenant: string;
      user: string;
      session?: string;
      room?: string;
      namespace?: string;
      issuedBeforeMs?: number;
    };

/** The text of one item of the digest: a session, or a session's membership of a room. */
export function digestItem(ref: SessionRef, incarnation: number, room?: string): string {
  const base = `${ref.tenant}\n${ref.namespace}\n${ref.user}\n${ref.session}`;
  return room === undefined ? `s\n${base}\n${incarnation}` : `m\n${base}\n${room}`;
}

/**
 * The two 32-bit hashes of a {@link digestItem} text, as unsigned integers; both sides fold them by XOR. They are the
 * first words of its SHA-1: the one hash that a Redis script can compute natively, so that presence folds atomically.
 */
export function digestHashes(item: string): [x1: number, x2: number] {
  const hex = hash("sha1", item, "hex");
  return [Number.parseInt(hex.slice(0, 8), 16), Number.parseInt(hex.slice(8, 16), 16)];
}
