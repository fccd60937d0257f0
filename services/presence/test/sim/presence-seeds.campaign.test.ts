/** More seeds of whole worlds than every commit runs. One that fails is printed as the smallest plan that still does. */

import { expect, test } from "vitest";
import { describeFailure, failureOf, smallest } from "./failure.ts";
import { planOf } from "./plan.ts";

const FROM = 2_001;
const TO = 10_000;
const PROGRESS_EVERY = 1_000;

test(`seeds ${FROM} to ${TO} of people and faults`, () => {
  const failures: string[] = [];
  for (let seed = FROM; seed <= TO; seed++) {
    const failure = failureOf(planOf(seed));
    if (failure !== undefined) failures.push(`seed ${seed}: ${describeFailure(smallest(failure))}`);
    if (seed % PROGRESS_EVERY === 0) console.log(`${seed} of ${TO}, ${failures.length} failed`);
  }
  expect(failures).toEqual([]);
});
