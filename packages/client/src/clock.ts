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
  /** 126 random bits as 21 characters of `[A-Za-z0-9_-]`: session ids and message ids. */
  id(): string;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
/** Beyond this `setTimeout` fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  timer(ms, run) {
    const handle = setTimeout(run, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(handle);
  },
  random: Math.random,
  id: () => Array.from(crypto.getRandomValues(new Uint8Array(21)), (byte) => ALPHABET[byte & 63]).join(""),
};
