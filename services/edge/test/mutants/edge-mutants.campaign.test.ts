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
import { expect, test } from "vitest";
import type { Control } from "./control.ts";
import { CONTROLS } from "./controls.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const DOCS = join(ROOT, "docs/security.md");
const TABLE = /(?<=<!-- controls -->\n)[\s\S]*?(?=<!-- \/controls -->)/;

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { assertionResults: { status: string; title: string }[] }[];
}

async function resultsOf(copy: string, { kind, test: file }: Control): Promise<Report> {
  const report = join(copy, "report.json");
  writeFileSync(report, "{}");
  const words = ["exec", "vitest", "run", "--project", kind, "--reporter=json", `--outputFile.json=${report}`, file];
  await run("pnpm", words, { cwd: copy, maxBuffer: 64 * 1024 * 1024 }).catch(() => undefined); // the report tells
  return JSON.parse(readFileSync(report, "utf8")) as Report;
}

const failedOf = ({ testResults = [] }: Report) =>
  testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === "failed");

test("each control that is taken away is missed by a test", async () => {
  const copy = tempFolder("edge-mutants");
  await run("git", ["clone", "--quiet", ROOT, copy]);
  await run("pnpm", ["install", "--no-frozen-lockfile", "--prefer-offline"], { cwd: copy });
  const first = [...new Map(CONTROLS.map((one) => [one.test, one])).values()];
  for (const one of first) {
    const whole = await resultsOf(copy, one);
    expect(failedOf(whole), `${one.test}, unchanged`).toEqual([]);
    expect(whole.numPassedTests, `${one.test}, unchanged`).toBeGreaterThan(0);
  }
  const rows = ["| control | in | noticed by |", "| --- | --- | --- |"];
  const unnoticed: string[] = [];
  for (const one of CONTROLS) {
    const path = join(copy, one.file);
    const source = readFileSync(path, "utf8");
    writeFileSync(
      path,
      source.replace(one.from, () => one.to),
    );
    const failed = failedOf(await resultsOf(copy, one));
    writeFileSync(path, source);
    console.log(`${failed.length > 0 ? "noticed" : "NOT NOTICED"} ${one.control}`);
    if (failed.length === 0) unnoticed.push(one.control);
    const [{ title } = { title: "" }] = failed;
    const more = failed.length > 1 ? ` and ${failed.length - 1} more` : "";
    rows.push(`| ${one.control} | \`${one.file}\` | ${title.replaceAll("|", "\\|")}${more} |`);
  }
  expect(unnoticed).toEqual([]);
  writeFileSync(DOCS, readFileSync(DOCS, "utf8").replace(TABLE, `\n${rows.join("\n")}\n\n`));
});
