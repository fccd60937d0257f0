/**
 * Who must still see what. A scenario that causes a change notes when, and which clients must come to see it; each sight is
 * a sample of the latency. What is never seen is counted when its time is over.
 */

export interface Expectation<Observer> {
  /** Nobody is waited for any more. */
  readonly settled: boolean;
  /** Who has not seen it; stops waiting for them. */
  close(): Observer[];
}

export class Expectations<Observer> {
  readonly #open = new Map<string, { sinceMs: number; waiting: Set<Observer>; onSeen: OnSeen<Observer> }>();

  expect(key: string, sinceMs: number, observers: Iterable<Observer>, onSeen: OnSeen<Observer>): Expectation<Observer> {
    const waiting = new Set(observers);
    const entry = { sinceMs, waiting, onSeen };
    this.#open.set(key, entry);
    return {
      get settled() {
        return waiting.size === 0;
      },
      close: () => {
        if (this.#open.get(key) === entry) this.#open.delete(key);
        const missed = [...waiting];
        waiting.clear();
        return missed;
      },
    };
  }

  /** Whether it was expected of anybody at all. */
  seen(key: string, observer: Observer, nowMs: number): boolean {
    const entry = this.#open.get(key);
    if (entry === undefined) return false;
    if (entry.waiting.delete(observer)) entry.onSeen(nowMs - entry.sinceMs, observer);
    return true;
  }
}

type OnSeen<Observer> = (latencyMs: number, observer: Observer) => void;
