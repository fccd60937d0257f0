/** When to try to connect again: as stock Socket.IO clients do by default, so that a storm here is one of real clients. */

export interface Backoff {
  firstMs: number;
  maxMs: number;
  /** The share of the delay that is random: 0.5 gives half to one and a half of it. 0: everybody at once. */
  jitter: number;
}

export const STOCK_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 5_000, jitter: 0.5 };

/** The delay before attempt `attempt` (from 0); `random` in [0, 1). */
export function delayMs({ firstMs, maxMs, jitter }: Backoff, attempt: number, random: number): number {
  const base = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.min(maxMs, Math.round(base * (1 - jitter + 2 * jitter * random)));
}
