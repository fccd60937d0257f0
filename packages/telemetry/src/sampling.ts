/**
 * What is recorded. The head decides by the trace id, so that every process decides alike about one trace; the size of
 * an audience thins out what is told of large ones, alike again; what failed or was slow is kept whatever the head said,
 * within a budget, because a storm of errors must not become a storm of spans.
 */

/** Above so many recipients, that share of the spans. */
export interface SizeStep {
  readonly above: number;
  readonly share: number;
}

/** `1000:0.1,10000:0.01`: ascending sizes, falling shares. Undefined when it is not that; empty for none. */
export function parseSizeSteps(text: string): SizeStep[] | undefined {
  if (text === "" || text === "none") return [];
  const steps = text.split(",").map((step) => /^(\d{1,9}):(0|1|0\.\d{1,9})$/.exec(step.trim()));
  const parsed = steps.flatMap((step) => (step === null ? [] : [{ above: Number(step[1]), share: Number(step[2]) }]));
  if (parsed.length !== steps.length) return undefined;
  const isOrdered = parsed.every((step, i) => {
    const before = parsed[i - 1];
    return before === undefined || (before.above < step.above && before.share >= step.share);
  });
  return isOrdered ? parsed : undefined;
}

export function shareOf(steps: readonly SizeStep[], size: number): number {
  let share = 1;
  for (const step of steps) if (size > step.above) share = step.share;
  return share;
}

/** By the last digits of the trace id. */
export function isChosen(traceId: string, ratio: number): boolean {
  return ratio >= 1 || Number.parseInt(traceId.slice(-8), 16) < ratio * 2 ** 32;
}

/** By other digits than {@link isChosen}: of the chosen traces a share, not the same ones again. */
export function isInShare(traceId: string, share: number): boolean {
  return share >= 1 || Number.parseInt(traceId.slice(-16, -8), 16) < share * 2 ** 32;
}

/** So many a second, no more. */
export class Budget {
  readonly #perSecond: number;
  #second = -1;
  #spent = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  take(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#spent = 0;
    }
    return this.#spent++ < this.#perSecond;
  }
}
