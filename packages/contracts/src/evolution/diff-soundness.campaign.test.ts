import { expect, test } from "vitest";
import { checkSoundness } from "../../test/diff-soundness.ts";

test("a verdict that spares a side is kept by the validators that the services run, over 10,000 pairs", () => {
  const { senders, receivers } = checkSoundness(10_000);
  expect(senders).toBeGreaterThan(5_000);
  expect(receivers).toBeGreaterThan(2_500);
});
