/**
 * Pings for all connections from one timer, in place of two timers a connection. Connections stand in a wheel of slots,
 * one slot a tick; when its turn comes a slot is pinged, and looked through once more when its pongs are due. What
 * happens at a pong, or when another packet comes while one is awaited, stays engine.io's: a `Seat` stands in for the
 * timer it refreshes and forgets.
 *
 * G1 a connection that answers stays; one that does not is lost within interval + timeout + one slot, plus once more
 *    the timeout when something else came while the pong was awaited.
 * G2 who sends but never answers is lost like the rest: no new ping is sent while a pong is awaited.
 * G3 a pong that came while the process could not run is seen before it is missed.
 * G4 after the process has stood still for longer than any client waits for a ping, every connection is lost: their
 *    clients have given them up, and would be taken for present until another ping went unanswered.
 */

import type { Clock, Timer } from "@rollcall/runtime";

/** Ticks of the wheel; also how much later than stock a ping may be. */
const SLOT_MS = 250;

export interface PingBounds {
  intervalMs: number;
  timeoutMs: number;
}

/** One connection in the wheel; for engine.io, its timer of the awaited pong. */
export class Seat<C> {
  readonly connection: C;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** Where it stands. */
  slot: number;
  place: number;
  dueAtMs = 0;

  constructor(connection: C, clock: Clock, timeoutMs: number, slot: number, place: number) {
    this.connection = connection;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.slot = slot;
    this.place = place;
  }

  /** engine.io: something else came while the pong was awaited. */
  refresh(): void {
    this.dueAtMs = this.#clock.monotonic() + this.#timeoutMs;
  }
}

export interface PingActions<C> {
  /** Sends a ping and awaits `seat`'s pong. */
  ping(seat: Seat<C>): void;
  isAwaited(seat: Seat<C>): boolean;
  lost(seat: Seat<C>): void;
  /** After the pings of a tick. */
  flush(): void;
}

export class PingWheel<C> {
  readonly #clock: Clock;
  readonly #bounds: PingBounds;
  readonly #actions: PingActions<C>;
  readonly #slots: Seat<C>[][];
  readonly #startedAtMs: number;
  /** Pongs that are late because something else came. */
  readonly #extended = new Set<Seat<C>>();
  #timer: Timer | undefined;
  #ticks = 0;
  #size = 0;

  constructor(clock: Clock, bounds: PingBounds, actions: PingActions<C>) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#actions = actions;
    this.#slots = Array.from({ length: Math.max(1, Math.floor(bounds.intervalMs / SLOT_MS)) }, () => []);
    this.#startedAtMs = clock.monotonic();
  }

  /** First pinged after one interval, as by engine.io. */
  add(connection: C): Seat<C> {
    if (this.#size++ === 0) this.#start();
    const slot = this.#ticks % this.#slots.length;
    const seats = this.#slots[slot]!;
    const seat = new Seat(connection, this.#clock, this.#bounds.timeoutMs, slot, seats.length);
    seats.push(seat);
    return seat;
  }

  remove(seat: Seat<C>): void {
    const seats = this.#slots[seat.slot]!;
    if (seats[seat.place] !== seat) return;
    const last = seats.pop()!;
    if (last !== seat) {
      seats[seat.place] = last;
      last.place = seat.place;
    }
    this.#extended.delete(seat);
    if (--this.#size === 0) this.#timer?.cancel();
  }

  #start(): void {
    this.#timer?.cancel();
    this.#ticks = this.#elapsedTicks();
    this.#timer = this.#clock.setRepeating(SLOT_MS, () => this.#tick());
  }

  #elapsedTicks(): number {
    return Math.floor((this.#clock.monotonic() - this.#startedAtMs) / SLOT_MS);
  }

  /** Ticks that were missed are made up for, at most one turn of the wheel. */
  #tick(): void {
    const nowTicks = this.#elapsedTicks();
    const stoodMs = (nowTicks - this.#ticks) * SLOT_MS;
    if (stoodMs > this.#bounds.intervalMs + this.#bounds.timeoutMs) {
      for (const seat of this.#slots.flat()) this.#actions.lost(seat); // G4
    }
    const from = Math.max(this.#ticks + 1, nowTicks - this.#slots.length + 1);
    for (let tick = from; tick <= nowTicks; tick++) {
      this.#ticks = tick;
      for (const seat of this.#slots[tick % this.#slots.length]!) this.#ping(seat);
    }
    this.#actions.flush();
    // G3: after the sockets had their turn to be read.
    this.#clock.immediate(() => this.#collect(from, nowTicks));
  }

  #ping(seat: Seat<C>): void {
    if (this.#actions.isAwaited(seat)) return; // G2
    this.#actions.ping(seat);
    seat.refresh();
  }

  /** Looks through what was pinged one timeout before. */
  #collect(from: number, to: number): void {
    const nowMs = this.#clock.monotonic();
    const timeoutTicks = Math.ceil(this.#bounds.timeoutMs / SLOT_MS);
    const slots = this.#slots.length;
    for (const seat of [...this.#extended]) this.#judge(seat, nowMs);
    for (let tick = Math.max(from - timeoutTicks, 0); tick <= to - timeoutTicks; tick++) {
      for (const seat of [...this.#slots[tick % slots]!]) this.#judge(seat, nowMs);
    }
  }

  #judge(seat: Seat<C>, nowMs: number): void {
    this.#extended.delete(seat);
    if (!this.#actions.isAwaited(seat)) return;
    if (seat.dueAtMs > nowMs) this.#extended.add(seat);
    else this.#actions.lost(seat);
  }
}
