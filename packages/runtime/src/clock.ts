/**
 * Time as a value that can be passed: the only reader of the machine's clocks and the only maker of timers.
 * `ManualClock` (`manual-clock.ts`) is the same interface moved by a test.
 */

export interface Timer {
  /** Idempotent; after it the callback does not run. */
  cancel(): void;
}

export interface TimerOptions {
  /** Keep the process alive while the timer waits. Default false: a service lives by its sockets. */
  ref?: boolean;
}

export interface Clock {
  /** Milliseconds since the epoch: may jump. For stamps on the wire, never for durations. */
  now(): number;
  /** Milliseconds from an arbitrary start: never goes back. For durations and deadlines. */
  monotonic(): number;
  setTimer(ms: number, fn: () => void, options?: TimerOptions): Timer;
  /** First run after `ms`. A slow callback delays the next run, it never piles up. */
  setRepeating(ms: number, fn: () => void, options?: TimerOptions): Timer;
  /** Rejects with `signal.reason` when aborted. Keeps the process alive: somebody awaits it. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `fn` once, after pending I/O had its turn. */
  immediate(fn: () => void): void;
}

/** `sleep` in terms of the rest; shared by both clocks. */
export function sleepOn(clock: Pick<Clock, "setTimer">, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(
      ms,
      () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      { ref: true },
    );
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** Timers of {@link systemClock} that wait: what is not 0 again after the work has ended leaks. */
export const pendingTimers = (): number => waiting;
let waiting = 0;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(ms, fn, options) {
    const over = counted();
    const handle = setTimeout(() => {
      over();
      fn();
    }, ms);
    if (options?.ref !== true) handle.unref();
    return {
      cancel() {
        over();
        clearTimeout(handle);
      },
    };
  },
  setRepeating(ms, fn, options) {
    const over = counted();
    const handle = setInterval(fn, ms);
    if (options?.ref !== true) handle.unref();
    return {
      cancel() {
        over();
        clearInterval(handle);
      },
    };
  },
  sleep: (ms, signal) => sleepOn(systemClock, ms, signal),
  immediate(fn) {
    // Not unref'd: the loop would sleep in its poll until other I/O wakes it.
    setImmediate(fn);
  },
};

/** One more waits; call what is returned when it does no longer, any number of times. */
function counted(): () => void {
  waiting++;
  let waits = true;
  return () => {
    if (waits) waiting--;
    waits = false;
  };
}

export interface Deadline {
  /** Aborts after the time, or when `parent` aborts. */
  readonly signal: AbortSignal;
  /** When the work is done: the timer goes. */
  clear(): void;
}

/** `AbortSignal.timeout` on a clock that can be moved. */
export function deadlineAfter(clock: Pick<Clock, "setTimer">, ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timer = clock.setTimer(ms, () => controller.abort(new DOMException("too late", "TimeoutError")));
  return {
    signal: parent === undefined ? controller.signal : AbortSignal.any([controller.signal, parent]),
    clear: () => timer.cancel(),
  };
}
