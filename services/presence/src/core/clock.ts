/** The cell's two readings of Redis time: the clock on which every deadline lies (C1), and how much time went by (G5). */

export interface CellClock {
  /** Redis time last seen, ms. */
  readonly seenMs: number;
  /** The clock itself, ms. */
  readonly atMs: number;
  /** All time, the brake's too; never too little: of a gap nobody knows how long it was (Redis's clock may have jumped). */
  readonly passedMs: number;
}

/** A longer gap between looks is a jump, an outage or nobody's absence: not time in which anyone could have answered. */
export const MAX_GAP_MS = 1_000;
/** What such a gap counts for: deadlines still end if every look is late. */
export const GAP_STEP_MS = 250;

/** What a gap, or a step back, counts for in the time that passed: longer than any word waits to be heard. */
export const GAP_PASSED_MS = 3_600_000;

const isGap = (ms: number): boolean => ms < 0 || ms > MAX_GAP_MS;

export function stepOf(clock: CellClock, timeMs: number): number {
  const ms = Math.max(timeMs - clock.seenMs, 0);
  return isGap(ms) ? GAP_STEP_MS : ms;
}

export function look(clock: CellClock, timeMs: number, stands: boolean): CellClock {
  const ms = timeMs - clock.seenMs;
  return {
    seenMs: timeMs,
    atMs: clock.atMs + (stands ? 0 : stepOf(clock, timeMs)),
    passedMs: clock.passedMs + (isGap(ms) ? GAP_PASSED_MS : ms),
  };
}
