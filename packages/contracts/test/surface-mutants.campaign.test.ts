/**
 * Takes away each event, request and CloudEvent that core declares and each declaration of the examples, and loosens each
 * of their limits, in a copy of the checkout: the unit test of that name must fail. Each such test looks at nothing but
 * what it is named after, so one run of them tries many changes at once.
 */

import { CheckoutCopy, REPOSITORY } from "@rollcall/testkit";
import { beforeAll, expect, test } from "vitest";
import { loosenings, numbers, removals, type SurfaceEdit } from "./declared/edits.ts";
import { exampleRounds } from "./declared/example-edits.ts";

const TESTS = ["src/core/pinned.test.ts", "test/core-declared.test.ts", "test/examples.test.ts"];

let copy: CheckoutCopy;
beforeAll(async () => {
  copy = await CheckoutCopy.make("surface-mutants");
});

/** Names of the tests that fail, of those that ran. */
async function failing(): Promise<Set<string>> {
  const outcomes = await copy.test(
    "unit",
    TESTS.map((file) => `packages/contracts/${file}`),
  );
  expect(outcomes.length).toBeGreaterThan(900);
  return new Set(outcomes.filter(({ failed }) => failed).map(({ fullName }) => fullName));
}

const odd = <T>(edits: readonly T[], rest: number) => edits.filter((_, i) => i % 2 === rest);

test("unchanged, nothing fails", async () => expect([...(await failing())]).toEqual([]));

test.each([
  ["each event, request and CloudEvent of core that is removed", () => [0, 1].map((rest) => odd(removals(), rest))],
  ["each limit, timeout and name's grammar that is loosened", () => [numbers()]],
  ["each part of a core schema that is loosened", loosenings],
  [
    "each declaration of an example that is removed, each of its limits that is loosened",
    () => exampleRounds(REPOSITORY),
  ],
] as const)("%s is noticed by the test of its name", async (what, roundsOf) => {
  let tried = 0;
  const survivors: string[] = [];
  for (const [i, round] of roundsOf().entries()) {
    const failed = await copy.with<Set<string>>(round, failing);
    const unnoticed = (round as readonly SurfaceEdit[]).filter(({ noticedBy }) => !failed.has(noticedBy));
    survivors.push(...unnoticed.map(({ noticedBy }) => `round ${i}: ${noticedBy}`));
    tried += round.length;
  }
  console.log(`${what}: ${tried - survivors.length} of ${tried} noticed`);
  expect(survivors).toEqual([]);
});
