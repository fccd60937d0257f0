import { expect, test } from "vitest";
import { Patience } from "./patience.ts";

test("[P14] the wait doubles with each answer in a row that does not come, up to a bound, and begins anew with one", async () => {
  const patience = new Patience(1_500);
  const waits: number[] = [];
  const ask = (answers: boolean) =>
    patience
      .ask(async (timeoutMs) => {
        waits.push(timeoutMs);
        if (!answers) throw new Error("late");
      })
      .catch(() => undefined);
  for (const answers of [true, false, false, false, false, false, true, true]) await ask(answers);
  expect(waits).toEqual([1_500, 1_500, 3_000, 6_000, 12_000, 12_000, 12_000, 1_500]);
});
