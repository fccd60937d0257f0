/** The client's clock on a manual one with seeded chance: tests move time, and the same seed gives the same run. */

import { ManualClock, seededRandom } from "@rollcall/runtime";
import type { Clock } from "../src/clock.ts";

export interface TestClock extends Clock {
  /** Moves time; what falls due on the way has happened when it resolves. */
  advance(ms: number): Promise<void>;
  /** Moves time in steps until the condition holds. */
  until(condition: () => boolean, what: string, withinMs?: number): Promise<void>;
  readonly pending: number;
}

export function testClock(seed: number | string = 1): TestClock {
  const manual = new ManualClock();
  const random = seededRandom(seed);
  return {
    now: () => manual.monotonic(),
    timer(ms, run) {
      const timer = manual.setTimer(ms, run);
      return () => timer.cancel();
    },
    random: random.float,
    id: () => random.id(28),
    advance: (ms) => manual.advance(ms),
    async until(condition, what, withinMs = 60_000) {
      for (let waited = 0; !condition(); waited += 10) {
        if (waited > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
        await manual.advance(10);
      }
    },
    get pending() {
      return manual.pending;
    },
  };
}
