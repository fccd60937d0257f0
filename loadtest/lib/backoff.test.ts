import { expect, it } from "vitest";
import { delayMs, STOCK_BACKOFF } from "./backoff.ts";

it("doubles from half to one and a half of the first delay up to the largest", () => {
  const range = (attempt: number) => [0, 0.999_999].map((random) => delayMs(STOCK_BACKOFF, attempt, random));
  expect([0, 1, 2, 3, 1_000].map(range)).toEqual([
    [500, 1_500],
    [1_000, 3_000],
    [2_000, 5_000],
    [2_500, 5_000],
    [2_500, 5_000],
  ]);
});

it("without jitter everybody comes at the same time", () => {
  const together = { firstMs: 200, maxMs: 1_000, jitter: 0 };
  expect([0, 0.5, 0.9].map((random) => delayMs(together, 1, random))).toEqual([400, 400, 400]);
});
