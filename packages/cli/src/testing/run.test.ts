import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { countOf } from "./run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-count-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const report = (passed: number, failed: number) => {
  const file = join(folder, "report.json");
  writeFileSync(file, JSON.stringify({ numPassedTests: passed, numFailedTests: failed }));
  return { name: "unit", command: [], report: file };
};

test("a suite's own counts", () => {
  expect(countOf(report(3, 0), 0)).toEqual({ passed: 3, failed: 0 });
  expect(countOf(report(3, 2), 1)).toEqual({ passed: 3, failed: 2 });
});

test("a run that fails without a failing test still counts as failed: a file that cannot be loaded", () => {
  expect(countOf(report(3, 0), 1)).toEqual({ passed: 3, failed: 1 });
});

test("no report, and no test at all, are failures", () => {
  expect(countOf({ name: "unit", command: [], report: join(folder, "none.json") }, 0)).toEqual({
    passed: 0,
    failed: 1,
  });
  expect(countOf(report(0, 0), 0)).toEqual({ passed: 0, failed: 1 });
});

test("a step without a report is one test", () => {
  expect(countOf({ name: "types", command: [] }, 0)).toEqual({ passed: 1, failed: 0 });
  expect(countOf({ name: "types", command: [] }, 2)).toEqual({ passed: 0, failed: 1 });
});
