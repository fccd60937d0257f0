/**
 * When tokens and grants end: a session is warned before its token does and ended when it has, and loses what only an
 * ended grant allowed. What is due is decided here; what is done about it is its owner's.
 */

import type { Clock, Timer } from "@rollcall/runtime";
import type { Session } from "../clients/session.ts";
import { Agenda } from "./agenda.ts";

/** Before a token ends, its client is told. */
const EXPIRING_MS = 60_000;
const TICK_MS = 250;

export interface Ends {
  /** Of the token. */
  expiresAtMs: number;
  /** The end that its client was last warned of: a newer token has another. */
  warnedOf: number | undefined;
  /** Of the first grant to end. */
  grantEndsAtMs: number | undefined;
}

export type Due = "expired" | "warning" | "nothing";

/** Of the token, now. */
export function dueOf({ expiresAtMs, warnedOf }: Ends, nowMs: number): Due {
  if (expiresAtMs <= nowMs) return "expired";
  return expiresAtMs - EXPIRING_MS <= nowMs && warnedOf !== expiresAtMs ? "warning" : "nothing";
}

/** When to look again. */
export function nextAtMs({ expiresAtMs, warnedOf, grantEndsAtMs }: Ends, nowMs: number): number {
  const ofToken = warnedOf === expiresAtMs ? expiresAtMs : Math.max(expiresAtMs - EXPIRING_MS, nowMs);
  return Math.min(ofToken, grantEndsAtMs ?? ofToken);
}

export interface ExpiryActions {
  grantEnded(session: Session): void;
  expiring(session: Session, inMs: number): void;
  expired(session: Session): void;
}

const endsOf = ({ rights, warnedOf }: Session): Ends => ({
  expiresAtMs: rights.token.expiresAtMs,
  warnedOf,
  grantEndsAtMs: rights.nextExpiryMs(),
});

export class Expiry {
  readonly #clock: Clock;
  readonly #actions: ExpiryActions;
  readonly #agenda: Agenda<Session>;
  #timer: Timer | undefined;

  constructor(clock: Clock, actions: ExpiryActions) {
    this.#clock = clock;
    this.#actions = actions;
    this.#agenda = new Agenda(clock.now());
  }

  start(): void {
    this.#timer = this.#clock.setRepeating(TICK_MS, () => this.#tick());
  }
  stop(): void {
    this.#timer?.cancel();
  }

  /** Also after its token or a grant changed. */
  watch(session: Session): void {
    this.#agenda.set(session, nextAtMs(endsOf(session), this.#clock.now()));
  }
  forget(session: Session): void {
    this.#agenda.delete(session);
  }

  #tick(): void {
    const nowMs = this.#clock.now();
    for (const session of this.#agenda.due(nowMs)) {
      if (session.rights.expire(nowMs)) this.#actions.grantEnded(session);
      const ends = endsOf(session);
      const due = dueOf(ends, nowMs);
      if (due === "expired") {
        this.#actions.expired(session);
        continue;
      }
      if (due === "warning") {
        session.warnedOf = ends.expiresAtMs;
        this.#actions.expiring(session, ends.expiresAtMs - nowMs);
      }
      this.watch(session);
    }
  }
}
