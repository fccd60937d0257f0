import { expect, test } from "vitest";
import { checkSoundness } from "../../test/diff-soundness.ts";

test("a verdict that spares a side is kept by the validators that the services run", () => {
  const { senders, receivers } = checkSoundness(40);
  expect(senders).toBeGreaterThan(3);
  expect(receivers).toBeGreaterThan(1);
}, 60_000);
