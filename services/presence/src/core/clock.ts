/** The cell's two readings of Redis time: the clock on which every deadline lies (C1), and how much time went by (G5). */

export interface CellClock {
  /** Redis time last seen, ms. */
  readonly seenMs: number;
  /** The clock itself, ms. */
  readonly atMs: number;
  /** All time between looks, jumps ahead, outages and the brake included: if anything too much, never too little. */
  readonly passedMs: number;
}

/** A longer gap between looks is a jump, an outage or nobody's absence: not time in which anyone could have answered. */
export const MAX_GAP_MS = 1_000;
/** What such a gap counts for: deadlines still end if every look is late. */
export const GAP_STEP_MS = 250;

const gapOf = (clock: CellClock, timeMs: number): number => Math.max(timeMs - clock.seenMs, 0);

export function stepOf(clock: CellClock, timeMs: number): number {
  const passedMs = gapOf(clock, timeMs);
  return passedMs > MAX_GAP_MS ? GAP_STEP_MS : passedMs;
}

export function look(clock: CellClock, timeMs: number, stands: boolean): CellClock {
  return {
    seenMs: timeMs,
    atMs: clock.atMs + (stands ? 0 : stepOf(clock, timeMs)),
    passedMs: clock.passedMs + gapOf(clock, timeMs),
  };
}
