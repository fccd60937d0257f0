/**
 * Every core under mutation, by its quick tests. Writes the rows of the table in docs/testing.md, and fails where less is
 * noticed than that table said. `-t <core>` tries one of them; `node scripts/mutation/run.ts <core>` does so without a table.
 */

import { execFileSync, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { type KeptTable, keepRow, keptRow, REPOSITORY } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { CORES } from "./cores.ts";

const TABLE: KeptTable = {
  file: "docs/testing.md",
  campaign: "core-mutants",
  head: ["core", "mutants", "killed", "survive", "reached by none", "score", "commit"],
  numbers: ["mutants", "killed", "survive", "reached by none", "score"],
};
/** A mutant more or less can be a matter of which tests were too slow to be repeated, and of rounding. */
const POINTS_BELOW = 1;
const SUMMARY = /(\d+) mutants: (\d+) killed, (\d+) survived, (\d+) unreached/;

test.each(CORES)("$name notices no less than it did", async ({ name }) => {
  const command = ["scripts/mutation/run.ts", name];
  const { stdout } = spawn(process.execPath, command, { cwd: REPOSITORY, stdio: ["ignore", "pipe", "inherit"] });
  const output = await text(stdout!);
  console.log(output);
  const [, ...numbers] = SUMMARY.exec(output) ?? expect.fail("the run ended early: see above");
  const [all, killed] = numbers.map(Number) as [number, number];
  const score = Math.floor((100 * killed) / all);
  const before = Number.parseInt(keptRow(TABLE, name)?.[5] ?? "0", 10);
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: REPOSITORY, encoding: "utf8" }).trim();
  const order = CORES.map((one) => one.name);
  keepRow(TABLE, [name, ...numbers, `${score} %`, commit], order);
  expect(score).toBeGreaterThanOrEqual(before - POINTS_BELOW);
});
