/**
 * Takes away each event, request and CloudEvent that core declares and each declaration of the examples, and loosens each
 * of their limits, in a copy of the checkout: the unit test of that name must fail. Each such test looks at nothing but
 * what it is named after, so one run of them tries many changes at once. What is not committed is not in the copy.
 */

import { execFile } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edit, loosenings, numbers, removals } from "./declared/edits.ts";
import { type ExampleEdit, exampleRounds } from "./declared/example-edits.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TESTS = ["src/core/pinned.test.ts", "test/core-declared.test.ts", "test/examples.test.ts"];

let copy: string;
beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), "rollcall-surface-"));
  await run("git", ["clone", "--quiet", ROOT, copy]);
  // This package uses none of the others, so that their modules need not be installed.
  for (const modules of ["node_modules", "packages/contracts/node_modules"]) {
    symlinkSync(join(ROOT, modules), join(copy, modules));
  }
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

interface Report {
  testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[];
}

/** Names of the tests that fail, of those that ran. */
async function failing(): Promise<Set<string>> {
  const report = join(copy, "report.json");
  writeFileSync(report, '{"testResults":[]}');
  const files = TESTS.map((file) => `packages/contracts/${file}`);
  const words = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--project",
    "unit",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  const ran = await run(process.execPath, [...words, ...files], { cwd: copy, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: { stderr: string }) => error, // the report tells
  );
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  expect(results.length, ran.stderr + testResults.map(({ message }) => message).join("\n")).toBeGreaterThan(900);
  return new Set(results.filter(({ status }) => status === "failed").map(({ fullName }) => fullName));
}

/** Makes the changes, and tells which of them no test of their name noticed. */
async function unnoticed(edits: readonly (Edit | ExampleEdit)[]): Promise<string[]> {
  const paths = [...new Set(edits.map(({ file }) => pathOf(file)))];
  const sources = paths.map((path) => readFileSync(path, "utf8"));
  for (const edit of edits) {
    if ("code" in edit) appendFileSync(pathOf(edit.file), `\n${edit.code}\n`);
    else if (edit.text !== undefined) writeFileSync(pathOf(edit.file), edit.text);
  }
  const failed = await failing();
  for (const [i, path] of paths.entries()) writeFileSync(path, sources[i]!);
  return edits.map(({ noticedBy }) => noticedBy).filter((name) => !failed.has(name));
}

const pathOf = (file: string) => join(copy, file.startsWith("examples/") ? file : `packages/contracts/src/${file}`);
const odd = <T>(edits: readonly T[], rest: number) => edits.filter((_, i) => i % 2 === rest);

test("unchanged, nothing fails", async () => expect([...(await failing())]).toEqual([]));

test.each([
  ["each event, request and CloudEvent of core that is removed", () => [0, 1].map((rest) => odd(removals(), rest))],
  ["each limit, timeout and name's grammar that is loosened", () => [numbers()]],
  ["each part of a core schema that is loosened", loosenings],
  ["each declaration of an example that is removed, each of its limits that is loosened", () => exampleRounds(ROOT)],
] as const)("%s is noticed by the test of its name", async (what, roundsOf) => {
  let tried = 0;
  const survivors: string[] = [];
  for (const [i, round] of roundsOf().entries()) {
    survivors.push(...(await unnoticed(round)).map((name) => `round ${i}: ${name}`));
    tried += round.length;
  }
  console.log(`${what}: ${tried - survivors.length} of ${tried} noticed`);
  expect(survivors).toEqual([]);
});
