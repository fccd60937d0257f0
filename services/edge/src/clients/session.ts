/** One session on this edge: a socket, whose it is, what it may do, and what it takes part in. */

import type { NamespaceContract } from "@rollcall/contracts";
import { roomTarget, sessionTarget, userTarget } from "@rollcall/contracts";
import type { SessionRef } from "@rollcall/contracts/internal";
import type { DeliveryMember } from "@rollcall/fanout";
import type { Bucket, Buckets } from "@rollcall/runtime";
import { FewMap } from "@rollcall/runtime";
import type { Socket } from "socket.io";
import { type RefKey, refKey } from "./ref.ts";
import type { Rights } from "./rights.ts";

/** Why a socket went: label of `rollcall_edge_disconnects_total`. */
export type DisconnectReason =
  | "client"
  | "transport"
  | "ping_timeout"
  | "slow"
  | "abuse"
  | "protocol"
  | "revoked"
  | "expired"
  | "replaced"
  | "drain"
  | "shutdown";

/** Why a session ends by our word: `session:revoked`. */
export type RevokedReason = "replaced" | "revoked" | "expired" | "abuse";

export interface Membership {
  readonly observe: boolean;
}

export interface JoinAttempt {
  readonly room: string;
  /** The room was left meanwhile. */
  cancelled: boolean;
}

export interface SessionLimits {
  payloadBytes: number;
  rooms: number;
  watched: number;
  eventsPerSecond: number;
}

const SESSION = Symbol("rollcall.session");

/** The session of a socket, once it has one. */
export const sessionOf = (socket: Socket): Session | undefined => (socket as Socket & { [SESSION]?: Session })[SESSION];

export class Session {
  readonly ref: SessionRef;
  readonly key: RefKey;
  /** Where all of its user are told. */
  readonly userTarget: string;
  readonly socket: Socket;
  readonly member: DeliveryMember;
  /** Of its namespace; another one when the contracts are swapped. */
  contract: NamespaceContract;
  readonly cell: string;
  readonly rights: Rights;
  readonly limits: SessionLimits;
  /** Display name of the token. */
  name: string | undefined;
  readonly client: string | undefined;
  /** When its socket connected, monotonic. */
  readonly connectedMs: number;
  readonly rooms = new FewMap<string, Membership>();
  /** Joins not answered yet. Like those it watches, made when there are any: most sessions have none. */
  joining: Set<JoinAttempt> | undefined;
  /** Users whose presence it watches. */
  watched: Set<string> | undefined;
  readonly buckets: Buckets;
  /** Made at its first one. */
  violations: Bucket | undefined;
  /** `session:ready` has been sent and it has not ended. */
  live = false;
  /** Presence knows it. */
  opened = false;
  /** The trace of its connect, when that is sampled: what ends it later links to it. */
  trace: string | undefined;
  /** The incarnation that presence said took its place, if it did. */
  replacedBy = 0;
  /** The end of the token its client was last warned of. */
  warnedOf: number | undefined;
  /** It ended before it began: said at the end of its handshake. */
  ended: RevokedReason | undefined;
  /** Set by whoever ends it, before the socket closes. */
  closing: DisconnectReason | undefined;
  /** It reads too slowly: nothing of its rooms is queued for it until it has caught up. */
  pressed = false;
  /** Requests not answered yet. */
  inFlight = 0;
  /** Relays on their way through the lane, and appends under way: their order is the session's. */
  lanePublishes = 0;
  lastAppend: Promise<unknown> | undefined;

  constructor(
    fields: Pick<
      Session,
      | "ref"
      | "socket"
      | "member"
      | "contract"
      | "cell"
      | "rights"
      | "limits"
      | "name"
      | "client"
      | "connectedMs"
      | "buckets"
    >,
  ) {
    this.ref = fields.ref;
    this.key = refKey(fields.ref);
    this.userTarget = userTarget(fields.ref.tenant, fields.ref.user);
    this.socket = fields.socket;
    this.member = fields.member;
    this.contract = fields.contract;
    this.cell = fields.cell;
    this.rights = fields.rights;
    this.limits = fields.limits;
    this.name = fields.name;
    this.client = fields.client;
    this.connectedMs = fields.connectedMs;
    this.buckets = fields.buckets;
    (fields.socket as Socket & { [SESSION]?: Session })[SESSION] = this;
  }

  get sessionTarget(): string {
    return sessionTarget(this.ref.tenant, this.ref.user, this.ref.session);
  }
  roomTarget(room: string): string {
    return roomTarget(this.ref.tenant, room);
  }
}
