/**
 * How much may be said: per session (messages, bytes, joins, unanswered ones), per user and per tenant on this edge.
 * In memory and therefore per edge; what is promised cluster-wide is not decided here.
 */

import type { Clock, Timer } from "@rollcall/runtime";
import { type BucketRule, Buckets, type Charge, takeAll } from "@rollcall/runtime";
import type { Session } from "../clients/session.ts";
import type { Command } from "./command.ts";

export interface AllowanceRules {
  /** Bytes of one session's payloads. */
  sessionBytes: BucketRule;
  /** Joins of one session; its burst covers a return to all rooms. */
  sessionJoins: BucketRule;
  /** Messages of one user, all its sessions here. */
  user: BucketRule;
  /** Messages of one tenant here. */
  tenant: BucketRule;
  /** Unanswered messages of one session. */
  maxInFlight: number;
  /** After which an unanswered message is answered at the latest. */
  ackTimeoutMs: number;
}

const PRUNE_MS = 10_000;
const JOIN = "room:join";
/** Names in a session's buckets that no event can have. */
const PLAIN = "";
const BYTES = "bytes";
const JOINS = "joins";

export class Allowance {
  readonly #rules: AllowanceRules;
  readonly #clock: Clock;
  readonly #users = new Buckets();
  readonly #tenants = new Buckets();
  /** Those whose own buckets may not be full. */
  readonly #spending = new Set<Session>();
  readonly #timer: Timer;

  constructor(rules: AllowanceRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
    this.#timer = clock.setRepeating(PRUNE_MS, () => this.#prune(clock.monotonic()));
  }

  close(): void {
    this.#timer.cancel();
  }

  /** 0: it may go on, and is counted. Else the milliseconds to wait. */
  take(session: Session, command: Command, bytes: number): number {
    if (session.inFlight >= this.#rules.maxInFlight) return this.#rules.ackTimeoutMs;
    this.#spending.add(session);
    return takeAll(this.#charges(session, command, bytes), this.#clock.monotonic());
  }

  #prune(nowMs: number): void {
    this.#users.prune(nowMs);
    for (const session of this.#spending) {
      session.buckets.prune(nowMs);
      if (session.buckets.size === 0) this.#spending.delete(session);
    }
  }

  #charges(session: Session, command: Command, bytes: number): Charge[] {
    const { sessionBytes, sessionJoins, user, tenant } = this.#rules;
    const now = this.#clock.monotonic();
    const { buckets, ref } = session;
    // A rate of its own replaces the session's.
    const rate = command.rate ?? { perSecond: session.limits.eventsPerSecond };
    const name = command.rate === undefined ? PLAIN : command.event;
    const charges = [
      { bucket: buckets.of(name, rate, now), rule: rate, cost: 1 },
      { bucket: buckets.of(BYTES, sessionBytes, now), rule: sessionBytes, cost: bytes },
      { bucket: this.#users.of(`${ref.tenant}/${ref.user}`, user, now), rule: user, cost: 1 },
      { bucket: this.#tenants.of(ref.tenant, tenant, now), rule: tenant, cost: 1 },
    ];
    if (command.event === JOIN) {
      charges.push({ bucket: buckets.of(JOINS, sessionJoins, now), rule: sessionJoins, cost: 1 });
    }
    return charges;
  }
}
