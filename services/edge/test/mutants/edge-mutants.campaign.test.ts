/**
 * Takes each control away in a copy of the checkout, and expects the test that stands for it to fail: a control that
 * nothing notices is none. Writes the table of `docs/security.md`. What is not committed is not in the copy.
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

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const DOCS = join(ROOT, "docs/security.md");
const TABLE = /(?<=<!-- controls -->\n)[\s\S]*?(?=<!-- \/controls -->)/;

/** A test that fails because this machine is slow has noticed nothing. */
const PATIENCE_MS = 300_000;

interface Report {
  testResults: { assertionResults: { status: string; title: string }[] }[];
}

async function resultsOf(copy: string, kind: Control["kind"], files: readonly string[]): Promise<Report> {
  const report = join(copy, "report.json");
  writeFileSync(report, "{}");
  const words = ["exec", "vitest", "run", "--project", kind, "--reporter=json", `--outputFile.json=${report}`];
  words.push(`--hookTimeout=${PATIENCE_MS}`, `--testTimeout=${PATIENCE_MS}`, ...files);
  await run("pnpm", words, { cwd: copy, maxBuffer: 64 * 1024 * 1024 }).catch(() => undefined); // the report tells
  return JSON.parse(readFileSync(report, "utf8")) as Report;
}

const failedOf = ({ testResults = [] }: Report) =>
  testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === "failed");

/** By control: what the table says of those that were not tried now. */
function rowsOf(doc: string): Map<string, string> {
  const lines =
    TABLE.exec(doc)?.[0]
      .split("\n")
      .filter((line) => line.startsWith("| ")) ?? [];
  return new Map(lines.map((line) => [line.split(" | ")[0]!.slice(2), line]));
}

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
    const rows = rowsOf(readFileSync(DOCS, "utf8"));
    const unnoticed: string[] = [];
    for (const { control, file, from, to, test: by } of controls) {
      const path = join(copy, file);
      const source = readFileSync(path, "utf8");
      writeFileSync(
        path,
        source.replace(from, () => to),
      );
      const failed = failedOf(await resultsOf(copy, kind, [by]));
      writeFileSync(path, source);
      console.log(`${failed.length > 0 ? "noticed" : "NOT NOTICED"} ${control}`);
      rows.delete(control);
      if (failed.length === 0) unnoticed.push(control);
      else {
        const more = failed.length > 1 ? ` and ${failed.length - 1} more` : "";
        rows.set(control, `| ${control} | \`${file}\` | ${failed[0]!.title.replaceAll("|", "\\|")}${more} |`);
      }
    }
    const listed = CONTROLS.map(({ control }) => rows.get(control)).filter((row) => row !== undefined);
    const table = ["| control | in | noticed by |", "| --- | --- | --- |", ...listed].join("\n");
    writeFileSync(
      DOCS,
      readFileSync(DOCS, "utf8").replace(TABLE, () => `\n${table}\n\n`),
    );
    expect(unnoticed).toEqual([]);
  },
);
