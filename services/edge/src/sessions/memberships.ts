/**
 * Which rooms a session is in, and every way out of one: its client left, a right is gone, presence disowned it. Gate,
 * delivery, held rooms and presence agree afterwards.
 */

import type { LeaveReason, SessionRef } from "@rollcall/contracts/internal";
import type { Delivery, ReceivedEntry } from "@rollcall/fanout";
import type { Clock } from "@rollcall/runtime";
import type { Registry } from "../clients/registry.ts";
import type { Membership, Session } from "../clients/session.ts";
import type { Door } from "../outbound/door.ts";
import type { AckGate } from "../outbound/gate.ts";
import { targetKey } from "../outbound/room-key.ts";
import type { WatchHub } from "../outbound/watch-hub.ts";
import { postEnd } from "./endings.ts";
import type { HeldRooms } from "./held-rooms.ts";
import type { PresenceLink } from "./link.ts";

export type RemovedReason = "revoked" | "expired" | "forbidden";

export interface MembershipsOptions {
  clock: Clock;
  registry: Registry;
  delivery: Delivery;
  door: Door;
  gate: AckGate<Session, ReceivedEntry>;
  hub: WatchHub<Session>;
  held: HeldRooms;
  linkOf(tenant: string): PresenceLink;
}

const LEAVE: Readonly<Record<RemovedReason, LeaveReason>> = {
  revoked: "revoked",
  expired: "expired",
  forbidden: "revoked",
};

export class Memberships {
  readonly #options: MembershipsOptions;

  constructor(options: MembershipsOptions) {
    this.#options = options;
  }

  /** Is it in the room, or may it still come back to it? */
  has(session: Session, room: string): boolean {
    return session.rooms.has(room) || this.#options.held.waitsFor(session, room);
  }

  joined(session: Session, room: string, membership: Membership): void {
    session.rooms.set(room, membership);
    this.#options.held.settle(session, room);
  }

  /** The client leaves a room, or is taken out of it: nothing of it reaches the client any more. */
  leave(session: Session, room: string): void {
    const { delivery, gate, held } = this.#options;
    for (const attempt of session.joining ?? []) if (attempt.room === room) attempt.cancelled = true;
    const target = session.roomTarget(room);
    session.rooms.delete(room);
    delivery.leave(session.member, target);
    gate.leave(targetKey(session.ref.namespace, target), session);
    held.settle(session, room);
  }

  remove(session: Session, room: string, reason: RemovedReason): void {
    if (!session.rooms.has(room)) return;
    this.leave(session, room);
    const link = this.#options.linkOf(session.ref.tenant);
    postEnd(link, session, reason, { op: "leave", ref: session.ref, room, reason: LEAVE[reason] });
    this.#options.door.emit(session, "room:removed", { room, reason }, { room });
  }

  /** Presence took the session from an assertion, but not this membership: it was revoked. */
  disowned(ref: SessionRef, room: string): void {
    const session = this.#options.registry.get(ref);
    if (session?.opened === true) this.remove(session, room, "revoked");
  }

  /** Takes it out of every room and watch that its rights no longer cover. */
  enforceRights(session: Session, reason: RemovedReason): void {
    const now = this.#options.clock.now();
    for (const [room, { observe }] of session.rooms) {
      const covered = session.rights.allows(`room:${room}`, observe ? "observe" : "join", now);
      if (!covered) this.remove(session, room, reason);
    }
    for (const user of session.watched ?? []) {
      if (session.rights.allows(`user:${user}`, "watch", now)) continue;
      session.watched?.delete(user);
      this.#options.hub.unwatch(session.ref.tenant, user, session);
    }
  }

  /** Of a session that ends: presence is told by that. */
  release(session: Session): void {
    const { delivery, gate, hub, held } = this.#options;
    gate.drop(session);
    hub.drop(session.ref.tenant, session.watched ?? [], session);
    held.forget(session);
    delivery.detach(session.member);
    session.rooms.clear();
    session.watched = undefined;
  }
}
