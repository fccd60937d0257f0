/**
 * A copy of the checkout in which sources are changed for a while, and what its tests say then: how campaigns ask what a
 * test, a control or an optimisation is worth. What is not committed is not in the copy.
 */

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "./service-process.ts";
import { tempFolder } from "./temp.ts";

const run = promisify(execFile);
/** A test that fails because this machine is slow has noticed nothing. */
const PATIENCE_MS = 300_000;

export interface Edit {
  /** From the checkout's root. */
  file: string;
  edited(text: string): string;
}

/** An edit that is written down: `from` stands once in the file. */
export interface Replacement {
  file: string;
  from: string;
  to: string;
}

export function replaced(text: string, { file, from, to }: Replacement): string {
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold once: ${from}`);
  return text.replace(from, () => to);
}

export const replacing = (replacement: Replacement): Edit => ({
  file: replacement.file,
  edited: (text) => replaced(text, replacement),
});

export interface TestOutcome {
  /** Ends with the test file's path. */
  file: string;
  title: string;
  /** With the titles of what it stands in. */
  fullName: string;
  failed: boolean;
}

interface Report {
  testResults: {
    name: string;
    message: string;
    assertionResults: { status: string; title: string; fullName: string }[];
  }[];
}

export class CheckoutCopy {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  static async make(name: string): Promise<CheckoutCopy> {
    const root = tempFolder(name);
    await run("git", ["clone", "--quiet", REPOSITORY, root]);
    await run("pnpm", ["install", "--frozen-lockfile", "--prefer-offline"], { cwd: root });
    return new CheckoutCopy(root);
  }

  /** Makes the edits one after the other, and takes them back when `act` is over. */
  async with<T>(edits: readonly Edit[], act: () => Promise<T>): Promise<T> {
    const sources = new Map<string, string>();
    try {
      for (const { file, edited } of edits) {
        const path = join(this.root, file);
        const text = readFileSync(path, "utf8");
        if (!sources.has(path)) sources.set(path, text);
        writeFileSync(path, edited(text));
      }
      return await act();
    } finally {
      for (const [path, text] of sources) writeFileSync(path, text);
    }
  }

  /** What the tests of these files say. Nothing of a file that cannot be loaded; why is on stderr. */
  async test(kind: "unit" | "integration", files: readonly string[]): Promise<TestOutcome[]> {
    const report = join(this.root, "report.json");
    writeFileSync(report, '{"testResults":[]}');
    const words = ["exec", "vitest", "run", "--project", kind, "--reporter=json", `--outputFile.json=${report}`];
    words.push(`--hookTimeout=${PATIENCE_MS}`, `--testTimeout=${PATIENCE_MS}`, ...files);
    await run("pnpm", words, { cwd: this.root, maxBuffer: 64 * 1024 * 1024 }).catch(() => undefined); // the report tells
    const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
    for (const { name, message, assertionResults } of testResults) {
      if (assertionResults.length === 0) console.error(`${name}: ${message}`);
    }
    return testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ status, title, fullName }) => ({
        file: name,
        title,
        fullName,
        failed: status === "failed",
      })),
    );
  }
}
