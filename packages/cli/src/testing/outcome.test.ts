import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { outcomeOf } from "./outcome.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-outcome-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const report = (passed: number, failed: number, testResults: readonly unknown[] = []) => {
  const file = join(folder, "report.json");
  writeFileSync(file, JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults }));
  return { name: "unit", command: [], report: file };
};
const file = (name: string, change: object) => ({
  name: join(folder, name),
  status: "passed",
  message: "",
  assertionResults: [],
  ...change,
});

test("a suite's own counts", () => {
  expect(outcomeOf(report(3, 0), 0, folder)).toEqual({ passed: 3, failed: 0, failures: [] });
  expect(outcomeOf(report(3, 2), 1, folder)).toMatchObject({ passed: 3, failed: 2 });
});

test("each failing test is named with its file and the first line of its error", () => {
  const assertionResults = [
    { fullName: "a works", status: "passed", failureMessages: [] },
    { fullName: "b works", status: "failed", failureMessages: ["Error: timed out\n    at somewhere"] },
  ];
  const step = report(1, 1, [file("src/x.test.ts", { status: "failed", assertionResults }), file("src/y.test.ts", {})]);
  expect(outcomeOf(step, 1, folder).failures).toEqual(["src/x.test.ts > b works: Error: timed out"]);
});

test("a run that fails without a failing test still counts as failed, and names the file that cannot be loaded", () => {
  const step = report(3, 0, [file("src/x.test.ts", { status: "failed", message: "SyntaxError: no\nmore" })]);
  expect(outcomeOf(step, 1, folder)).toEqual({ passed: 3, failed: 1, failures: ["src/x.test.ts: SyntaxError: no"] });
  expect(outcomeOf(report(3, 0), 1, folder)).toEqual({ passed: 3, failed: 1, failures: ["unit: exit code 1"] });
});

test("no report, and no test at all, are failures", () => {
  const absent = { name: "unit", command: [], report: join(folder, "none.json") };
  expect(outcomeOf(absent, 0, folder)).toEqual({ passed: 0, failed: 1, failures: ["unit: it left no report"] });
  expect(outcomeOf(report(0, 0), 0, folder)).toMatchObject({ passed: 0, failed: 1 });
});

test("a step without a report is one test", () => {
  expect(outcomeOf({ name: "types", command: [] }, 0, folder)).toEqual({ passed: 1, failed: 0, failures: [] });
  expect(outcomeOf({ name: "types", command: [] }, 2, folder)).toEqual({ passed: 0, failed: 1, failures: ["types"] });
});
