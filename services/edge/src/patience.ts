/**
 * How long an answer is waited for. A lost request should be repeated soon; but where the store is slow, whoever repeats
 * before it can have answered makes it slower still, and may never be answered at all. So the wait follows what answers
 * took of late, and doubles with each in a row that does not come.
 */

import type { Clock } from "@rollcall/runtime";

/** An answer that takes so many times as long as those before it is taken for lost. */
const MARGIN = 3;
const MAX_DOUBLINGS = 3;

export class Patience {
  readonly #leastMs: number;
  readonly #clock: Pick<Clock, "monotonic">;
  /** The longest an answer took, halved with each since. */
  #usualMs = 0;
  #doublings = 0;

  /** It waits for at least `leastMs`, for eight times that at most. */
  constructor(leastMs: number, clock: Pick<Clock, "monotonic">) {
    this.#leastMs = leastMs;
    this.#clock = clock;
  }

  /** One request, told how long it may take. */
  async ask<T>(request: (timeoutMs: number) => Promise<T>): Promise<T> {
    const usualMs = Math.max(this.#leastMs, MARGIN * this.#usualMs);
    const startedMs = this.#clock.monotonic();
    try {
      const answer = await request(Math.min(usualMs * 2 ** this.#doublings, this.#leastMs * 2 ** MAX_DOUBLINGS));
      this.#usualMs = Math.max(this.#clock.monotonic() - startedMs, this.#usualMs / 2);
      this.#doublings = 0;
      return answer;
    } catch (error) {
      this.#doublings = Math.min(this.#doublings + 1, MAX_DOUBLINGS);
      throw error;
    }
  }
}
