import { expect, test } from "vitest";
import { afterDeath, neverDied } from "./restart.ts";

test("each death in a row waits longer, up to a bound; a stable life clears the past", () => {
  let state = neverDied;
  const delays: number[] = [];
  for (let i = 0; i < 8; i++) {
    const next = afterDeath(state, 100);
    state = next.state;
    delays.push(next.delayMs);
  }
  expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  expect(afterDeath(state, 60_000).delayMs).toBe(250);
});
