/** Waiting for a condition, never for a time. */

import { systemClock } from "@rollcall/runtime";

export interface WaitOptions {
  /** Default 15 s: long on a quiet machine, and enough on a busy one. */
  timeoutMs?: number;
  /** Completes "timed out after ... waiting for": say what should have happened. A function is asked at the end. */
  what?: string | (() => string);
  /** Default 10 ms. */
  everyMs?: number;
}

/**
 * Resolves with the first truthy value of `condition`. One that throws is asked again; what it threw last is the
 * cause when time is up.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | undefined | null | 0 | "">> {
  const { timeoutMs = 15_000, everyMs = 10, what = "a condition" } = options;
  const deadline = systemClock.monotonic() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Exclude<T, false | undefined | null | 0 | "">;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (systemClock.monotonic() >= deadline) {
      const subject = typeof what === "function" ? what() : what;
      throw new Error(`timed out after ${timeoutMs} ms waiting for ${subject}`, { cause });
    }
    await systemClock.sleep(everyMs);
  }
}
