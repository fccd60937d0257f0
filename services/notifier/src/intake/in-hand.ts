/** Messages in hand: came and not done yet, a bounded number of them. */

import type { JsMsg } from "@nats-io/jetstream";

interface Held {
  sequence: number;
  arrivedAtMs: number;
  reread: boolean;
}

export class InHand {
  readonly #max: number;
  readonly #held = new Map<JsMsg, Held>();
  /** Came, and not given to anybody yet. */
  readonly #untaken = new Set<JsMsg>();
  #wake: (() => void) | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#held.size;
  }

  /** `reread`: nobody waits for its ack. */
  hold(message: JsMsg, reread: boolean): void {
    const { streamSequence: sequence, timestampNanos } = message.info;
    this.#held.set(message, { sequence, arrivedAtMs: Math.floor(timestampNanos / 1e6), reread });
    this.#untaken.add(message);
  }

  take(message: JsMsg): void {
    this.#untaken.delete(message);
  }

  done(message: JsMsg): void {
    this.#held.delete(message);
    this.#wake?.();
  }

  /** What nobody took comes again. */
  drop(): void {
    for (const message of this.#untaken) this.#held.delete(message);
    this.#untaken.clear();
  }

  /** Tells the server that they are worked on. */
  keepAlive(): void {
    for (const [message, { reread }] of this.#held) if (!reread) message.working();
  }

  /** When the oldest came to the stream, ms since the epoch. */
  oldestMs(): number | undefined {
    const [oldest] = this.#held.values();
    return oldest?.arrivedAtMs;
  }

  lowestSequence(): number {
    return Math.min(...[...this.#held.values()].map(({ sequence }) => sequence));
  }

  /** Resolves when nothing is in hand, or with the signal. */
  empty(signal: AbortSignal): Promise<void> {
    return this.#until(() => this.#held.size === 0, signal);
  }

  /** How many more there is room for; waits until that is worth a round trip. 0 once the signal is aborted. */
  async room(signal: AbortSignal): Promise<number> {
    await this.#until(() => this.#held.size <= (this.#max * 3) / 4, signal);
    return signal.aborted ? 0 : this.#max - this.#held.size;
  }

  /** Asked again after each message that is done. */
  async #until(isEnough: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isEnough() && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener("abort", done);
          resolve();
        };
        signal.addEventListener("abort", done, { once: true });
        this.#wake = done;
      });
    }
  }
}
