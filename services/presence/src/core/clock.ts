/** The cell's clock, the one on which every deadline lies (C1). */

export interface CellClock {
  /** Redis time last seen, ms. */
  readonly seenMs: number;
  /** The clock itself, ms. */
  readonly atMs: number;
}

/** The most that one look moves the clock: a gap between looks is not time in which anyone could have answered. */
export const MAX_STEP_MS = 1_000;

export function stepOf(clock: CellClock, timeMs: number): number {
  return Math.min(Math.max(timeMs - clock.seenMs, 0), MAX_STEP_MS);
}

export function look(clock: CellClock, timeMs: number, stands: boolean): CellClock {
  return { seenMs: timeMs, atMs: clock.atMs + (stands ? 0 : stepOf(clock, timeMs)) };
}
