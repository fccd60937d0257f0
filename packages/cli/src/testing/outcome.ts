/** What a step came to: counts, and each failure in a line, from its exit code and the report it left. */

import { existsSync, readFileSync } from "node:fs";
import type { Step } from "./steps.ts";

export interface Outcome {
  passed: number;
  failed: number;
  /** `file > test: first line of the error`. */
  failures: readonly string[];
}

/** The part of vitest's JSON report that is read. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: readonly {
    name: string;
    status: string;
    message: string;
    assertionResults: readonly { fullName: string; status: string; failureMessages: readonly string[] }[];
  }[];
}

/** A step that fails has at least one failure, whatever its report says; one without tests is a failure too. */
export function outcomeOf(step: Step, exitCode: number, root: string): Outcome {
  if (step.report === undefined) {
    return exitCode === 0 ? { passed: 1, failed: 0, failures: [] } : { passed: 0, failed: 1, failures: [step.name] };
  }
  if (!existsSync(step.report)) return { passed: 0, failed: 1, failures: [`${step.name}: it left no report`] };
  const report = JSON.parse(readFileSync(step.report, "utf8")) as Report;
  const failures = failuresIn(report, root);
  const { numPassedTests: passed, numFailedTests } = report;
  if (exitCode === 0 && passed + numFailedTests > 0) return { passed, failed: numFailedTests, failures };
  const failed = Math.max(1, numFailedTests);
  return { passed, failed, failures: failures.length > 0 ? failures : [`${step.name}: exit code ${exitCode}`] };
}

function failuresIn(report: Report, root: string): string[] {
  return report.testResults.flatMap((file) => {
    const path = file.name.replace(`${root}/`, "");
    const tests = file.assertionResults.filter((test) => test.status === "failed");
    // A file that cannot be loaded, or whose hook fails, has a message and maybe no test.
    if (tests.length === 0) return file.status === "failed" ? [`${path}: ${firstLine(file.message)}`] : [];
    return tests.map((test) => `${path} > ${test.fullName}: ${firstLine(test.failureMessages[0] ?? "")}`);
  });
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";
