/**
 * What becomes of a session: announced, left by its client, lost, replaced, expired, revoked; and of its rooms. Every
 * way out of a session or a room goes through here, so that gate, watches, delivery and presence agree afterwards.
 */

import { type NamespaceContract, RollcallError } from "@rollcall/contracts";
import type { CloseReason, LaneData, LeaveReason, SessionRef } from "@rollcall/contracts/internal";
import type { Delivery, ReceivedEntry } from "@rollcall/fanout";
import type { Clock, Timer } from "@rollcall/runtime";
import { ATTRIBUTES, startSpan } from "@rollcall/telemetry";
import type { EdgeMetrics } from "../metrics.ts";
import type { Door } from "../outbound/door.ts";
import type { AckGate } from "../outbound/gate.ts";
import { targetKey } from "../outbound/room-key.ts";
import type { WatchHub } from "../outbound/watch-hub.ts";
import { Agenda } from "./agenda.ts";
import type { HeldRooms } from "./held-rooms.ts";
import type { PresenceLink } from "./link.ts";
import type { SessionFacts } from "./mirror.ts";
import type { OpBody } from "./ops.ts";
import type { Registry } from "./registry.ts";
import type { DisconnectReason, Membership, RevokedReason, Session } from "./session.ts";

export type RemovedReason = "revoked" | "expired" | "forbidden";

export interface LifecycleOptions {
  clock: Clock;
  registry: Registry;
  delivery: Delivery;
  door: Door;
  gate: AckGate<Session, ReceivedEntry>;
  hub: WatchHub<Session>;
  held: HeldRooms;
  metrics: EdgeMetrics;
  linkOf(tenant: string): PresenceLink;
}

/** Before a token ends, its client is told. */
const EXPIRING_MS = 60_000;
const TICK_MS = 250;
/** For so long a connection may be without a session. */
const LINGER_MS = 5_000;

/** How presence is told, by why the socket went. `replaced`: the session lives elsewhere, there is nothing to tell. */
const CLOSE: Readonly<Record<DisconnectReason, CloseReason | undefined>> = {
  client: "leave",
  transport: "lost",
  ping_timeout: "lost",
  slow: "lost",
  protocol: "lost",
  abuse: "revoked",
  revoked: "revoked",
  expired: "expired",
  replaced: undefined,
  drain: "drain",
  shutdown: "drain",
};

/** What an assertion says of a session, beside its rooms. */
export function factsOf({ name, client, rights, connectedMs }: Session): SessionFacts {
  const { issuedAtMs, expiresAtMs } = rights.token;
  return {
    issuedAtMs,
    expiresAtMs,
    connectedMs,
    ...(name === undefined ? {} : { name }),
    ...(client === undefined ? {} : { client }),
  };
}

/** For operations about the session as a whole, so that they belong to its connect. */
export const traceOf = ({ trace }: Session): { traceparent?: string } =>
  trace === undefined ? {} : { traceparent: trace };

const LEAVE: Readonly<Record<RemovedReason, LeaveReason>> = {
  revoked: "revoked",
  expired: "expired",
  forbidden: "revoked",
};

export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #agenda: Agenda<Session>;
  #timer: Timer | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#agenda = new Agenda(options.clock.now());
  }

  start(): void {
    this.#timer = this.#options.clock.setRepeating(TICK_MS, () => this.#tick());
  }
  stop(): void {
    this.#timer?.cancel();
  }

  /** The session takes its place; who had it is replaced. */
  claim(session: Session): void {
    const before = this.#options.registry.add(session);
    if (before !== undefined) this.revoke(before, "replaced");
  }

  /** Presence has opened it, perhaps long after it was announced. */
  opened(session: Session, data: LaneData): void {
    if (data.op !== "open") return;
    session.opened = true;
    if (!this.#options.registry.isCurrent(session)) return;
    this.#options.held.hold(session, data.rooms);
    if (session.replacedBy > data.incarnation) this.revoke(session, "replaced");
  }

  /** Presence refused to open it. During the handshake that refuses the connection; later it ends or heals. */
  openFailed(session: Session, error: RollcallError): void {
    if (!session.live) return;
    if (error.code === "AUTH_REVOKED") this.revoke(session, "revoked");
    else if (error.code === "CONFLICT")
      this.revoke(session, "replaced"); // by a socket that connected later
    else {
      session.opened = true; // by the assertion that follows
      this.#link(session).adopt(session.ref, { ...factsOf(session), ...traceOf(session) });
    }
  }

  /** The handshake did not come to its end. */
  abandoned(session: Session): void {
    const isCurrent = this.#options.registry.remove(session);
    this.#release(session);
    if (isCurrent)
      this.#end(session, "session:close", "lost", (trace) => ({
        op: "close",
        ref: session.ref,
        how: "lost",
        ...trace,
      }));
  }

  /** `session:ready` is on its way: from now on it takes part. */
  announced(session: Session): void {
    const { delivery, registry, metrics } = this.#options;
    session.live = true;
    delivery.join(session.member, session.userTarget);
    delivery.join(session.member, session.sessionTarget);
    metrics.sockets(registry.size);
    this.reschedule(session);
    // What happened to it during its handshake.
    const ended = session.ended ?? (registry.isCurrent(session) ? undefined : "replaced");
    if (ended !== undefined) this.revoke(session, ended);
  }

  /** It has a newer token: a revocation of older ones must not find the old one at presence. */
  refreshed(session: Session): void {
    this.enforceRights(session, "forbidden");
    this.reschedule(session);
    const opening = this.#link(session).submit({
      op: "open",
      ref: session.ref,
      ...factsOf(session),
      ...traceOf(session),
    });
    opening.catch((error: unknown) => this.openFailed(session, RollcallError.from(error)));
  }

  /** After its token or a grant changed. */
  reschedule(session: Session): void {
    const now = this.#options.clock.now();
    const { expiresAtMs } = session.rights.token;
    const warnAtMs = expiresAtMs - EXPIRING_MS;
    const next = session.warnedOf === expiresAtMs ? expiresAtMs : Math.max(warnAtMs, now);
    this.#agenda.set(session, Math.min(next, session.rights.nextExpiryMs() ?? next));
  }

  /** The socket is gone, however it went. */
  closed(session: Session, reason: DisconnectReason): void {
    const { registry, metrics } = this.#options;
    const isCurrent = registry.remove(session);
    this.#release(session);
    metrics.disconnect(reason);
    metrics.sockets(registry.size);
    this.#linger(session);
    const how = CLOSE[reason];
    if (how === undefined || !isCurrent) return;
    this.#end(session, "session:close", reason, (trace) => ({ op: "close", ref: session.ref, how, ...trace }));
  }

  /** Tells the client why, and disconnects it: stock clients do not return by themselves. */
  revoke(session: Session, reason: RevokedReason): void {
    if (session.closing !== undefined) return;
    const { socket } = session;
    if (!session.live) {
      session.ended = reason; // still in its handshake: at its end
      return;
    }
    session.closing = reason;
    this.#options.door.emit(session, "session:revoked", { reason });
    socket.disconnect();
  }

  /** Closes the connection without a Socket.IO word: the client returns by itself. */
  drop(session: Session, reason: "slow" | "drain" | "shutdown"): void {
    session.closing ??= reason;
    session.socket.conn.close();
  }

  /** Presence says that the session lives elsewhere, since that incarnation. */
  replaced(ref: SessionRef, incarnation: number): void {
    const session = this.#options.registry.get(ref);
    if (session === undefined) return;
    const link = this.#link(session);
    session.replacedBy = Math.max(session.replacedBy, incarnation);
    // One that is being opened is younger than what was said of its predecessor; its answer will tell.
    if (!session.opened || (link.mirror.incarnationOf(session.key) ?? 0) >= incarnation) return;
    link.mirror.forget(session.key);
    this.revoke(session, "replaced");
  }

  /** Presence took the session from an assertion. A younger one of the same id waits for its own `open`'s answer. */
  disowned(ref: SessionRef, reason: "replaced" | "revoked"): void {
    const session = this.#options.registry.get(ref);
    if (session?.opened === true) this.revoke(session, reason);
  }

  /** The same of a membership. */
  disownedRoom(ref: SessionRef, room: string): void {
    const session = this.#options.registry.get(ref);
    if (session?.opened === true) this.removeFromRoom(session, room, "revoked");
  }

  /** Is it in the room, or may it still come back to it? */
  isIn(session: Session, room: string): boolean {
    return session.rooms.has(room) || this.#options.held.waitsFor(session, room);
  }

  joinedRoom(session: Session, room: string, membership: Membership): void {
    session.rooms.set(room, membership);
    this.#options.held.settle(session, room);
  }

  /** The client leaves a room, or is taken out of it: nothing of it reaches the client any more. */
  leaveRoom(session: Session, room: string): void {
    const { delivery, gate, held } = this.#options;
    for (const attempt of session.joining) if (attempt.room === room) attempt.cancelled = true;
    const target = session.roomTarget(room);
    session.rooms.delete(room);
    delivery.leave(session.member, target);
    gate.leave(targetKey(session.ref.namespace, target), session);
    held.settle(session, room);
  }

  removeFromRoom(session: Session, room: string, reason: RemovedReason): void {
    if (!session.rooms.has(room)) return;
    this.leaveRoom(session, room);
    this.#end(session, "room:leave", reason, (trace) => ({
      ...{ op: "leave" as const, ref: session.ref, room, reason: LEAVE[reason] },
      ...trace,
    }));
    this.#options.door.emit(session, "room:removed", { room, reason }, { room });
  }

  /** Takes it out of every room and watch that its rights no longer cover. */
  enforceRights(session: Session, reason: RemovedReason): void {
    const now = this.#options.clock.now();
    for (const [room, { observe }] of session.rooms) {
      const covered = session.rights.allows(`room:${room}`, observe ? "observe" : "join", now);
      if (!covered) this.removeFromRoom(session, room, reason);
    }
    for (const user of session.watched) {
      if (session.rights.allows(`user:${user}`, "watch", now)) continue;
      session.watched.delete(user);
      this.#options.hub.unwatch(session.ref.tenant, user, session);
    }
  }

  /** A connection without a session is nobody's: its client ends it, or begins another session, or it is closed. */
  #linger({ socket: { conn }, member }: Session): void {
    if (conn.readyState !== "open") return;
    this.#options.clock.setTimer(LINGER_MS, () => {
      if (!this.#options.delivery.isServed(member)) conn.close();
    });
  }

  /** The contracts were swapped. Without its namespace a session cannot be; it comes back to be told so. */
  declaredAnew(session: Session, contract: NamespaceContract | undefined): void {
    if (contract === undefined) {
      this.drop(session, "shutdown");
      return;
    }
    session.contract = contract;
    for (const room of session.rooms.keys()) {
      if (contract.room(room) === undefined) this.removeFromRoom(session, room, "forbidden");
    }
  }

  #release(session: Session): void {
    const { delivery, gate, hub, held } = this.#options;
    session.live = false;
    this.#agenda.delete(session);
    gate.drop(session);
    hub.drop(session.ref.tenant, session.watched, session);
    held.forget(session);
    delivery.detach(session.member);
    session.rooms.clear();
    session.watched.clear();
  }

  #tick(): void {
    const { clock, door } = this.#options;
    const now = clock.now();
    for (const session of this.#agenda.due(now)) {
      const { expiresAtMs } = session.rights.token;
      if (session.rights.expire(now)) this.enforceRights(session, "expired");
      if (expiresAtMs <= now) {
        this.revoke(session, "expired");
        continue;
      }
      if (expiresAtMs - EXPIRING_MS <= now && session.warnedOf !== expiresAtMs) {
        session.warnedOf = expiresAtMs;
        door.emit(session, "session:expiring", { inMs: expiresAtMs - now });
      }
      this.reschedule(session);
    }
  }

  /**
   * Tells presence of an end that no message of the client asked for. What others see of it leads to a span that says
   * why, and that links to the connect it ends.
   */
  #end(session: Session, event: string, reason: string, op: (trace: { traceparent?: string }) => OpBody): void {
    const { trace } = session;
    const span = startSpan("request", event, {
      attributes: { [ATTRIBUTES.reason]: reason, [ATTRIBUTES.tenant]: session.ref.tenant },
      ...(trace === undefined ? {} : { links: [trace], ratio: 1 }),
    });
    this.#link(session).post(op(span.sampled ? { traceparent: span.traceparent } : {}));
    span.end();
  }

  #link(session: Session): PresenceLink {
    return this.#options.linkOf(session.ref.tenant);
  }
}
