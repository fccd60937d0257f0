/**
 * What becomes of a session: announced, left by its client, lost, replaced, expired, revoked. Every way out of a session
 * goes through here, so that its rooms, watches, delivery and presence agree afterwards.
 */

import { type NamespaceContract, RollcallError } from "@rollcall/contracts";
import type { CloseReason, LaneData, SessionRef } from "@rollcall/contracts/internal";
import type { DisconnectReason, RevokedReason, Session } from "../clients/session.ts";
import type { EdgeMetrics } from "../metrics.ts";
import { postEnd } from "./endings.ts";
import { Expiry } from "./expiry.ts";
import type { PresenceLink } from "./link.ts";
import { Memberships, type MembershipsOptions } from "./memberships.ts";
import type { SessionFacts } from "./mirror.ts";

export interface LifecycleOptions extends MembershipsOptions {
  metrics: EdgeMetrics;
}

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

export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly memberships: Memberships;
  readonly #expiry: Expiry;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.memberships = new Memberships(options);
    this.#expiry = new Expiry(options.clock, {
      grantEnded: (session) => this.memberships.enforceRights(session, "expired"),
      expiring: (session, inMs) => void options.door.emit(session, "session:expiring", { inMs }),
      expired: (session) => this.revoke(session, "expired"),
    });
  }

  start(): void {
    this.#expiry.start();
  }
  stop(): void {
    this.#expiry.stop();
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
    if (isCurrent) postEnd(this.#link(session), session, "lost", { op: "close", ref: session.ref, how: "lost" });
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
    this.memberships.enforceRights(session, "forbidden");
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
    this.#expiry.watch(session);
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
    postEnd(this.#link(session), session, reason, { op: "close", ref: session.ref, how });
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
      if (contract.room(room) === undefined) this.memberships.remove(session, room, "forbidden");
    }
  }

  #release(session: Session): void {
    session.live = false;
    this.#expiry.forget(session);
    this.memberships.release(session);
  }

  #link(session: Session): PresenceLink {
    return this.#options.linkOf(session.ref.tenant);
  }
}
