/**
 * What the simulation is worth: each deliberate mistake in the core, the invariant that notices it, and how many seeds
 * that takes. Writes the table of `docs/presence.md`, and `kept.json`: the smallest plan that shows each.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type KeptTable, keepTable } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { failureOf, ruleOf, smallest } from "./failure.ts";
import { MUTANTS } from "./mutants.ts";
import { Mutations } from "./mutate.ts";
import { planOf } from "./plan.ts";

/** What every commit runs. */
const SEEDS = 2_000;
const KEPT = join(import.meta.dirname, "kept.json");
const TABLE: KeptTable = {
  file: "docs/presence.md",
  campaign: "presence-mutants",
  head: ["rule", "mistake", "noticed by", "seeds needed"],
  numbers: ["seeds needed"],
};

test(`each mistake is noticed within ${SEEDS} seeds`, async () => {
  using mutations = new Mutations("campaign");
  const kept: object[] = [];
  const rows: string[][] = [];
  const survived: string[] = [];
  for (const [i, mutant] of MUTANTS.entries()) {
    const { rule, what } = mutant;
    const reduce = await mutations.reduceOf(mutant, i);
    for (let seed = 1; ; seed++) {
      const failure = failureOf(planOf(seed), reduce);
      if (failure === undefined && seed < SEEDS) continue;
      if (failure === undefined) survived.push(what);
      else {
        const { plan } = smallest(failure, reduce);
        kept.push({ rule, what, broken: ruleOf(failure), plan });
        rows.push([rule, what, ruleOf(failure), String(seed)]);
      }
      break;
    }
  }
  expect(survived).toEqual([]);
  writeFileSync(KEPT, `${JSON.stringify(kept, undefined, 2)}\n`);
  keepTable(TABLE, rows);
});
