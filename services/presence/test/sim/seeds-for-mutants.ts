/** What a mutation run of the core takes from the simulation: the plans that showed a mistake once, and a few seeds. */

import { expect, test } from "vitest";
import { failureOf } from "./failure.ts";
import kept from "./kept.json" with { type: "json" };
import { type Plan, planOf } from "./plan.ts";

const SEEDS = 60;

test.each(kept)("[$rule] a world in which it would show that $what", ({ plan }) =>
  expect(failureOf(plan as Plan)).toBeUndefined(),
);
test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))("[P1] seed %i", (seed) =>
  expect(failureOf(planOf(seed))).toBeUndefined(),
);
