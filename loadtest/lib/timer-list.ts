/** Timers as a list that is asked what is due: any number of them behind one timer of the engine. Time is an argument. */

export interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

export class TimerList {
  readonly #timers = new Set<Timer>();
  /** No timer is due before; it may be later, after one was cancelled. */
  #nextMs = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#timers.size;
  }

  add(dueMs: number, run: () => void): Timer {
    const timer = { dueMs, run };
    this.#timers.add(timer);
    this.#nextMs = Math.min(this.#nextMs, dueMs);
    return timer;
  }

  cancel(timer: Timer): void {
    this.#timers.delete(timer);
  }

  /** Runs what is due, the earliest first. One that is cancelled by another meanwhile does not run. */
  runDue(nowMs: number): void {
    if (nowMs < this.#nextMs) return;
    const due = [...this.#timers].filter((timer) => timer.dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs);
    for (const timer of due) if (this.#timers.delete(timer)) timer.run();
    this.#nextMs = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.#timers) this.#nextMs = Math.min(this.#nextMs, dueMs);
  }
}
