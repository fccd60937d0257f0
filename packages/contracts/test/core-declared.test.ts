/**
 * What core declares, written out a second time in `core-declared.txt`: an event that disappears, or a limit that is
 * loosened, fails the test of its name. Wanted changes:
 * `UPDATE=1 pnpm exec vitest run --project unit packages/contracts/test/core-declared`.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { declaredByCore } from "./declared/core.ts";

const FIXTURE = join(import.meta.dirname, "core-declared.txt");

const declared = declaredByCore();
if (process.env.UPDATE === "1") {
  writeFileSync(FIXTURE, [...declared].map(([name, asked]) => `${name} ${asked}\n`).join(""));
}
const lines = readFileSync(FIXTURE, "utf8").trimEnd().split("\n");
const expected = new Map(lines.map((line) => [line.slice(0, line.indexOf(" {")), line.slice(line.indexOf(" {") + 1)]));

test.each([...expected])("%s", (name, asked) => expect(declared.get(name)).toBe(asked));

test("nothing else is declared", () =>
  expect([...declared.keys()].toSorted()).toEqual([...expected.keys()].toSorted()));
