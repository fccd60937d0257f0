/**
 * Timers as a list that is asked what is due: any number of them behind one timer of the engine. Time is an argument.
 * A binary heap, as most are cancelled, and asking happens a hundred times a second.
 */

export interface Timer {
  readonly dueMs: number;
  /** undefined: it was cancelled, or has run. */
  run: (() => void) | undefined;
}

export class TimerList {
  /** Each is due no later than its children, at 2i + 1 and 2i + 2. */
  readonly #heap: Timer[] = [];
  #size = 0;

  /** Without the cancelled. */
  get size(): number {
    return this.#size;
  }

  add(dueMs: number, run: () => void): Timer {
    const timer: Timer = { dueMs, run };
    this.#size++;
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return timer;
  }

  /** It stays in the heap, as nothing, until its time. */
  cancel(timer: Timer): void {
    if (timer.run === undefined) return;
    timer.run = undefined;
    this.#size--;
  }

  /**
   * Runs what is due, the earliest first. One that is cancelled by another meanwhile does not run; one that is added
   * meanwhile waits for the next time, even if it is due.
   */
  runDue(nowMs: number): void {
    const due: Timer[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.dueMs <= nowMs; first = this.#heap[0]) {
      due.push(first);
      this.#removeFirst();
    }
    for (const timer of due) {
      const { run } = timer;
      this.cancel(timer);
      run?.();
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#due(parent) <= this.#due(at)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      const smaller = this.#due(left + 1) < this.#due(left) ? left + 1 : left;
      if (this.#due(at) <= this.#due(smaller)) return;
      this.#swap(at, smaller);
      at = smaller;
    }
  }

  /** Beyond the end: never. */
  #due(at: number): number {
    return this.#heap[at]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    [heap[a], heap[b]] = [heap[b] as Timer, heap[a] as Timer];
  }
}
