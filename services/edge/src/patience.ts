/**
 * How long an answer is waited for. A lost request should be repeated soon; but where the store is slow, whoever repeats
 * before it can have answered is never answered at all. So each answer in a row that does not come doubles the wait.
 */

const MAX_DOUBLINGS = 3;

export class Patience {
  readonly #firstMs: number;
  #doublings = 0;

  constructor(firstMs: number) {
    this.#firstMs = firstMs;
  }

  /** One request, told how long it may take. */
  async ask<T>(request: (timeoutMs: number) => Promise<T>): Promise<T> {
    try {
      const answer = await request(this.#firstMs * 2 ** this.#doublings);
      this.#doublings = 0;
      return answer;
    } catch (error) {
      this.#doublings = Math.min(this.#doublings + 1, MAX_DOUBLINGS);
      throw error;
    }
  }
}
