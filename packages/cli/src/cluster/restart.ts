/** When a component that died by itself is started again. Pure. */

const FIRST_MS = 250;
const LONGEST_MS = 10_000;
/** A life of this length clears the past. */
const STABLE_MS = 30_000;

export interface RestartState {
  /** Deaths in a row, none of them after a stable life. */
  deaths: number;
}

export const neverDied: RestartState = { deaths: 0 };

export function afterDeath(state: RestartState, livedMs: number): { state: RestartState; delayMs: number } {
  const deaths = livedMs >= STABLE_MS ? 1 : state.deaths + 1;
  return { state: { deaths }, delayMs: Math.min(LONGEST_MS, FIRST_MS * 2 ** (deaths - 1)) };
}
