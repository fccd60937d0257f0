/**
 * Time and chance, the only file that touches the platform's. Everything else takes a `Clock`, so tests move time
 * instead of waiting.
 */

export interface Clock {
  /** Monotonic milliseconds; the origin means nothing. */
  now(): number;
  /** Calls `run` once after `ms`; the answer cancels it. */
  timer(ms: number, run: () => void): () => void;
  /** In [0, 1). */
  random(): number;
  /** 128 random bits as 28 characters of `[a-z0-9]`: session ids and message ids. */
  id(): string;
}

/** Beyond this `setTimeout` fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  timer(ms, run) {
    const handle = setTimeout(run, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(handle);
  },
  random: Math.random,
  id: () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36).padStart(7, "0")).join(""),
};
