import fc from "fast-check";
import { expect, test } from "vitest";
import { type CellClock, GAP_PASSED_MS, GAP_STEP_MS, look, MAX_GAP_MS } from "./clock.ts";

function run(times: readonly number[], stands = false): CellClock[] {
  const clocks: CellClock[] = [{ seenMs: 0, atMs: 0, passedMs: 0 }];
  for (const ms of times) clocks.push(look(clocks.at(-1)!, ms, stands));
  return clocks;
}

test("[C1][P12] whatever Redis time does, the clock never goes back and moves at most a second a look", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -(10 ** 9), max: 10 ** 9 })), (times) => {
      const clocks = run(times);
      for (const [i, { atMs }] of clocks.slice(1).entries()) {
        expect(atMs - clocks[i]!.atMs).toBeGreaterThanOrEqual(0);
        expect(atMs - clocks[i]!.atMs).toBeLessThanOrEqual(MAX_GAP_MS);
      }
    }),
  );
});

test("[G5][C1] the time that passed counts the brake, and of a gap or a step back more than it can have been", () => {
  expect(run([500, 1_000, 1_100], true).at(-1)!.passedMs).toBe(1_100);
  expect(run([500, 60_500, 60_600], true).at(-1)!.passedMs).toBe(600 + GAP_PASSED_MS);
  expect(run([500, -60_000, -59_900]).at(-1)!.passedMs).toBe(600 + GAP_PASSED_MS);
});

test("[C1] while somebody looks it keeps Redis's time; while the brake holds it stands", () => {
  const times = Array.from({ length: 100 }, (_, i) => (i + 1) * 250);
  expect(run(times).at(-1)!.atMs).toBe(25_000);
  expect(run(times, true).at(-1)!.atMs).toBe(0);
  expect(run([500, 60_500, 60_600]).at(-1)!.atMs).toBe(500 + GAP_STEP_MS + 100);
  expect(run([500, -60_000, -59_900]).at(-1)!.atMs).toBe(600);
});
