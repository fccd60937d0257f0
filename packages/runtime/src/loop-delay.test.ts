import { equal, match, ok } from "node:assert/strict";
import { test } from "vitest";
import { startLoopDelay } from "./loop-delay.ts";
import { ManualClock } from "./manual-clock.ts";
import { createMetrics } from "./metrics.ts";

/** Blocks the loop as a synchronous task would. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("a blocked loop is seen for one to two windows, then forgotten", async () => {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const delay = startLoopDelay({ clock, metrics });
  while (delay.recentMs() < 80) {
    block(120); // seen once the sampling timer runs, which begins with its first tick
    await new Promise((resolve) => setImmediate(resolve));
  }
  await clock.advance(500);
  ok(delay.recentMs() >= 80, "the window before still counts");
  match(await metrics.render(), /rollcall_event_loop_delay_seconds\{quantile="0.99"\} \d/);
  delay.close();
  equal(clock.pending, 0);
});
