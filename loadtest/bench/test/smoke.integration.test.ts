/** That the benches work, from starting servers to printing a result; nothing about how fast anything is. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Result } from "../src/harness/result.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");
const bench = (...args: string[]) => promisify(execFile)(process.execPath, [MAIN, ...args]);

test("a bench with clients and a baseline, and one of presence alone, print every measure of every contender", async () => {
  const { stdout } = await bench("B4", "B5", "--smoke", "--compare", "stock", "--json");
  const [memory, transitions] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);
  const measured = (result: Result | undefined) =>
    result?.rows.map(({ contender, measure }) => `${contender} ${measure}`);
  expect(measured(memory)).toHaveLength(6);
  expect(measured(memory)).toContain("stock session");
  expect(memory?.rows.every(({ median }) => median > 0)).toBe(true);
  expect(measured(transitions)).toHaveLength(6);
  expect(transitions?.smoke).toBe(true);
});

test("what cannot be understood ends with code 2 and the usage", async () => {
  for (const args of [[], ["B99"], ["B4", "--rounds", "0"], ["B4", "--compare", "nobody"], ["B4", "--fast"]]) {
    await expect(bench(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("bench <id>") });
  }
});
