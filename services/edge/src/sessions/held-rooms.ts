/**
 * Memberships of resumed sessions that their clients have not joined again yet. They are kept for the grace, counted
 * only while presence and the log are well, then left with reason `lost`. While a join of one is under way it is not
 * left: the leave would come behind the join.
 */

import type { Clock, Timer } from "@rollcall/runtime";
import type { Session } from "../clients/session.ts";

interface Held {
  rooms: Set<string>;
  remainingMs: number;
}

export interface HeldRoomsOptions {
  clock: Clock;
  graceMs: number;
  /** Does the time run? */
  well(): boolean;
  lost(session: Session, room: string): void;
}

const TICK_MS = 250;

export class HeldRooms {
  readonly #options: HeldRoomsOptions;
  readonly #held = new Map<Session, Held>();
  #timer: Timer | undefined;
  #tickedAtMs = 0;

  constructor(options: HeldRoomsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  hold(session: Session, rooms: readonly string[]): void {
    const open = rooms.filter((room) => !session.rooms.has(room));
    if (open.length === 0) return;
    const { clock, graceMs } = this.#options;
    const now = clock.monotonic();
    if (this.#timer === undefined) {
      this.#tickedAtMs = now;
      this.#timer = clock.setRepeating(TICK_MS, () => this.#tick());
    }
    // The next tick takes all that passed since the last one.
    this.#held.set(session, { rooms: new Set(open), remainingMs: graceMs + now - this.#tickedAtMs });
  }

  waitsFor(session: Session, room: string): boolean {
    return this.#held.get(session)?.rooms.has(room) === true;
  }

  /** Joined again, or left: nothing to wait for. */
  settle(session: Session, room: string): void {
    const held = this.#held.get(session);
    if (held?.rooms.delete(room) && held.rooms.size === 0) this.forget(session);
  }

  /** The session ended: its own grace covers its rooms. */
  forget(session: Session): void {
    if (!this.#held.delete(session) || this.#held.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tick(): void {
    const now = this.#options.clock.monotonic();
    const elapsedMs = now - this.#tickedAtMs;
    this.#tickedAtMs = now;
    if (!this.#options.well()) return;
    for (const [session, held] of this.#held) {
      held.remainingMs -= elapsedMs;
      if (held.remainingMs > 0) continue;
      const joining = new Set([...(session.joining ?? [])].map(({ room }) => room));
      for (const room of held.rooms) {
        if (joining.has(room)) continue; // its answer settles it, or the next look leaves it
        this.settle(session, room);
        this.#options.lost(session, room);
      }
    }
  }
}
