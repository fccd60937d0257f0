import { createMetrics } from "@rollcall/runtime";
import { expect, test } from "vitest";
import { count } from "./probe.ts";

test("what was seen is a time, what was not is a failure, by edge and nothing finer", async () => {
  const metrics = createMetrics();
  count(
    [
      { sli: "join-visible", edge: "edge-1", seconds: 0.03 },
      { sli: "vanish", edge: "edge-1", why: "no room:roster within 30000 ms" },
    ],
    metrics,
  );
  const text = await metrics.render();
  expect(text).toContain('rollcall_probe_seconds_count{sli="join-visible",edge="edge-1"} 1');
  expect(text).toContain('rollcall_probe_failures_total{sli="vanish",edge="edge-1"} 1');
  expect(text).not.toContain("30000 ms");
});
