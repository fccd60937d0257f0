/**
 * Takes each control away in a copy of the checkout, and expects the test that stands for it to fail: a control that
 * nothing notices is none. Writes its rows of the table of `docs/security.md`. What is not committed is not in the copy.
 */

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tempFolder } from "@rollcall/testkit";
import { beforeAll, expect, test } from "vitest";
import type { Control } from "./control.ts";
import { CONTROLS } from "./controls.ts";
import { roundsOf } from "./rounds.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const DOCS = join(ROOT, "docs/security.md");
const TABLE = /(?<=<!-- controls -->\n)[\s\S]*?(?=<!-- \/controls -->)/;

/** A test that fails because this machine is slow has noticed nothing. */
const PATIENCE_MS = 300_000;

interface Report {
  testResults: { name: string; assertionResults: { status: string; title: string }[] }[];
}

async function resultsOf(copy: string, kind: Control["kind"], files: readonly string[]): Promise<Report> {
  const report = join(copy, "report.json");
  writeFileSync(report, "{}");
  const words = ["exec", "vitest", "run", "--project", kind, "--reporter=json", `--outputFile.json=${report}`];
  words.push(`--hookTimeout=${PATIENCE_MS}`, `--testTimeout=${PATIENCE_MS}`, ...files);
  await run("pnpm", words, { cwd: copy, maxBuffer: 64 * 1024 * 1024 }).catch(() => undefined); // the report tells
  return JSON.parse(readFileSync(report, "utf8")) as Report;
}

const failedOf = ({ testResults = [] }: Report, file = "") =>
  testResults
    .filter(({ name }) => name.endsWith(file))
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "failed");

let copy: string;
beforeAll(async () => {
  copy = tempFolder("edge-mutants");
  await run("git", ["clone", "--quiet", ROOT, copy]);
  await run("pnpm", ["install", "--no-frozen-lockfile", "--prefer-offline"], { cwd: copy });
});

test.each(["unit", "integration"] as const)(
  "each control that is taken away is missed by a test (%s)",
  async (kind) => {
    const controls = CONTROLS.filter((one) => one.kind === kind);
    const files = [...new Set(controls.map((one) => one.test))];
    const unchanged = await resultsOf(copy, kind, files);
    expect(failedOf(unchanged)).toEqual([]);
    expect(unchanged.testResults.map(({ assertionResults }) => assertionResults.length > 0)).toEqual(
      files.map(() => true),
    );
    const unnoticed: string[] = [];
    for (const round of kind === "unit" ? roundsOf(ROOT, controls) : controls.map((one) => [one])) {
      const report = await without(round, kind);
      for (const { control, file, test: by } of round) {
        const failed = failedOf(report, by);
        console.log(`${failed.length > 0 ? "noticed" : "NOT NOTICED"} ${control}`);
        if (failed.length === 0) unnoticed.push(control);
        else note(control, file, failed);
      }
    }
    expect(unnoticed).toEqual([]);
  },
);

/** One test run with these controls taken away. */
async function without(round: readonly Control[], kind: Control["kind"]): Promise<Report> {
  const sources = round.map(({ file }) => readFileSync(join(copy, file), "utf8"));
  for (const [i, { file, from, to }] of round.entries()) {
    writeFileSync(
      join(copy, file),
      sources[i]!.replace(from, () => to),
    );
  }
  const report = await resultsOf(
    copy,
    kind,
    round.map((one) => one.test),
  );
  for (const [i, { file }] of round.entries()) writeFileSync(join(copy, file), sources[i]!);
  return report;
}

/** Into the table, beside what it says of those that were not tried now. */
function note(control: string, file: string, [first, ...others]: { title: string }[]): void {
  const doc = readFileSync(DOCS, "utf8");
  const lines =
    TABLE.exec(doc)?.[0]
      .split("\n")
      .filter((line) => line.startsWith("| ")) ?? [];
  const rows = new Map(lines.map((line) => [line.split(" | ")[0]!.slice(2), line]));
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  rows.set(control, `| ${control} | \`${file}\` | ${first!.title.replaceAll("|", "\\|")}${more} |`);
  const listed = CONTROLS.map((one) => rows.get(one.control)).filter((row) => row !== undefined);
  const table = ["| control | in | noticed by |", "| --- | --- | --- |", ...listed].join("\n");
  writeFileSync(
    DOCS,
    doc.replace(TABLE, () => `\n${table}\n\n`),
  );
}
