import { expect, test } from "vitest";
import { checkSoundness } from "../../test/diff-soundness.ts";

test("a verdict that spares a side is kept by the validators that the services run, over 5,000 pairs", () => {
  const { senders, receivers } = checkSoundness(5_000);
  expect(senders).toBeGreaterThan(2_000);
  expect(receivers).toBeGreaterThan(1_000);
});
