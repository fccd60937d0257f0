import { expect, test } from "vitest";
import { leastOf } from "./b11-snapshot.ts";

test("of each call the least time counts, whichever read it was in", () => {
  expect(
    leastOf([
      [10, 99, 30],
      [90, 20, 31],
    ]),
  ).toEqual([10, 20, 30]);
  expect(() => leastOf([[1], [1, 2]])).toThrow("differ");
});
