import { ManualClock } from "@rollcall/runtime";
import { expect, test } from "vitest";
import { Patience } from "./patience.ts";

/** Waits of requests that are answered after so long, or never. */
async function waitsFor(answersMs: readonly (number | "lost")[]): Promise<number[]> {
  const clock = new ManualClock();
  const patience = new Patience(1_500, clock);
  const waits: number[] = [];
  for (const answerMs of answersMs) {
    const asking = patience.ask(async (timeoutMs) => {
      waits.push(timeoutMs);
      if (answerMs === "lost" || answerMs > timeoutMs) throw new Error("late");
      await clock.advance(answerMs);
    });
    await asking.catch(() => undefined);
  }
  return waits;
}

test("[P14] the wait doubles with each answer in a row that does not come, up to a bound, and begins anew with one", async () => {
  expect(await waitsFor([5, "lost", "lost", "lost", "lost", "lost", 5, 5])).toEqual([
    1_500, 1_500, 3_000, 6_000, 12_000, 12_000, 12_000, 1_500,
  ]);
});

test("where answers take long it waits longer than they take, and for the usual time soon after", async () => {
  expect(await waitsFor([2_000, 2_000, 2_000, 2_000, 5, 5, 5, 5])).toEqual([
    1_500, 3_000, 6_000, 6_000, 6_000, 3_000, 1_500, 1_500,
  ]);
});
