import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "vitest";
import { newTraceId } from "./ids.ts";
import { Budget, isChosen, isInShare, parseSizeSteps, shareOf } from "./sampling.ts";

test("size steps are read, or not at all", () => {
  const steps = [
    { above: 1_000, share: 0.1 },
    { above: 10_000, share: 0.01 },
  ];
  deepEqual(parseSizeSteps("1000:0.1, 10000:0.01"), steps);
  deepEqual(parseSizeSteps("none"), []);
  for (const text of ["x", "1000", "1000:2", "1000:0.1,", "1000:0.1,500:0.01", "1000:0.1,5000:0.5"]) {
    equal(parseSizeSteps(text), undefined, text);
  }
  deepEqual(
    [1, 1_000, 1_001, 10_001].map((size) => shareOf(steps, size)),
    [1, 1, 0.1, 0.01],
  );
});

test("a share of the chosen traces is a share, not the same ones again", () => {
  const chosen = Array.from({ length: 20_000 }, newTraceId).filter((id) => isChosen(id, 0.5));
  const inShare = chosen.filter((id) => isInShare(id, 0.5));
  ok(chosen.length > 9_000 && chosen.length < 11_000, `${chosen.length} of 20,000`);
  ok(inShare.length > 4_000 && inShare.length < 6_000, `${inShare.length} of ${chosen.length}`);
});

test("a budget is of each second", () => {
  const budget = new Budget(2);
  deepEqual(
    [0, 1, 2, 999, 1_000, 1_001, 1_002].map((ms) => budget.take(ms)),
    [true, true, false, false, true, true, false],
  );
});
