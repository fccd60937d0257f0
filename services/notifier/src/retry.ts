/** Trying again what may pass by itself, for as long as it takes, and giving up early on what never will. */

import { ERROR_CATALOGUE, RollcallError } from "@rollcall/contracts";
import type { Clock, Random } from "@rollcall/runtime";

export interface Backoff {
  minMs: number;
  maxMs: number;
}

export const WAITING: Backoff = { minMs: 50, maxMs: 2_000 };

/** Errors that are not retryable may still be a passing bug of a rolling deploy: tried this often, then thrown. */
const ATTEMPTS_WITHOUT_HOPE = 4;

/** Doubling from `minMs` to `maxMs`, the upper half of it random so that many waiters do not return together. */
export function backoffMs(backoff: Backoff, attempt: number, random: Random): number {
  const ms = Math.min(backoff.maxMs, backoff.minMs * 2 ** Math.min(attempt, 20));
  return ms / 2 + (ms / 2) * random.float();
}

export interface RetryOptions {
  clock: Clock;
  random: Random;
  /** Rejects with its reason when aborted. */
  signal: AbortSignal;
  onFailure?(error: RollcallError, attempt: number): void;
}

export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  let hopeless = 0;
  for (let attempt = 0; ; attempt++) {
    options.signal.throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      const error = RollcallError.from(thrown);
      options.onFailure?.(error, attempt);
      if (!ERROR_CATALOGUE[error.code].retryable && ++hopeless >= ATTEMPTS_WITHOUT_HOPE) throw error;
    }
    await options.clock.sleep(backoffMs(WAITING, attempt, options.random), options.signal);
  }
}
