/**
 * A clock that moves only when told. Timers run in order of their deadline, then of their making; between two of them
 * every pending promise gets its turn, so what a timer starts has happened before the next one fires.
 */

import { type Clock, sleepOn, type Timer } from "./clock.ts";

interface Entry {
  dueMs: number;
  order: number;
  everyMs: number | undefined;
  fn: () => void;
}

/** Runs without time passing. A bound, so that timers of no length that re-arm themselves fail a test and not hang it. */
const MAX_RUNS_PER_INSTANT = 10_000;

export class ManualClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  #order = 0;
  readonly #entries = new Set<Entry>();

  /** `startMs`: the first wall time, by default 2026-01-01T00:00:00Z. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  setTimer(ms: number, fn: () => void): Timer {
    return this.#add(ms, fn, undefined);
  }

  setRepeating(ms: number, fn: () => void): Timer {
    return this.#add(ms, fn, Math.max(ms, 1));
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  /** Runs at the next `advance`, also of 0 ms. */
  immediate(fn: () => void): void {
    this.#add(0, fn, undefined);
  }

  /** Timers that wait. What should be 0 when a component has closed. */
  get pending(): number {
    return this.#entries.size;
  }

  /** Moves the wall clock alone, as an operator or NTP would; timers and `monotonic` do not notice. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  /** Moves time by `ms`, running what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await settle();
    let runs = 0;
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.dueMs > endMs) break;
      runs = next.dueMs > this.#elapsedMs ? 0 : runs + 1;
      if (runs > MAX_RUNS_PER_INSTANT) throw new Error("ManualClock: timers re-arm themselves without end");
      this.#moveTo(next.dueMs);
      if (next.everyMs === undefined) this.#entries.delete(next);
      else next.dueMs += next.everyMs;
      next.fn();
      await settle();
    }
    this.#moveTo(endMs);
  }

  #add(ms: number, fn: () => void, everyMs: number | undefined): Timer {
    const entry: Entry = { dueMs: this.#elapsedMs + Math.max(ms, 0), order: this.#order++, everyMs, fn };
    this.#entries.add(entry);
    return { cancel: () => void this.#entries.delete(entry) };
  }

  #earliest(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) {
      if (
        first === undefined ||
        entry.dueMs < first.dueMs ||
        (entry.dueMs === first.dueMs && entry.order < first.order)
      ) {
        first = entry;
      }
    }
    return first;
  }

  #moveTo(elapsedMs: number): void {
    const step = elapsedMs - this.#elapsedMs;
    if (step <= 0) return;
    this.#elapsedMs = elapsedMs;
    this.#nowMs += step;
  }
}

/** A real turn of the loop: every promise that can settle without I/O has settled after it. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
