/** How long to wait before another try: grows, and is spread so that those who failed together do not return together. */

const FIRST_MS = 1_500;
const GROWTH = 1.7;
const MAX_MS = 15_000;

/**
 * `tries` failures so far (from 0), `random` in [0, 1). The first is 0.4-1.5 s: a session outlives its socket by 10 s, and
 * the server counts on the first retry within 2.5 s. A server's `retryAfterMs` is the least, with the spread on top.
 */
export function backoffMs(tries: number, random: number, retryAfterMs = 0): number {
  const windowMs = Math.min(MAX_MS, FIRST_MS * GROWTH ** tries);
  return Math.round(Math.max(retryAfterMs * (1 + random / 4), windowMs * (0.25 + 0.75 * random)));
}
