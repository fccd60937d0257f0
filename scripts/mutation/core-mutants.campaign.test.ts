/**
 * Every core under mutation, by its quick tests. Writes the rows of the table in docs/testing.md, and fails where less is
 * noticed than that table said. What is left: `node scripts/mutation/run.ts <core>`.
 */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { CORES } from "./cores.ts";

const ROOT = dirname(dirname(import.meta.dirname));
const DOCS = join(ROOT, "docs/testing.md");
const SUMMARY = /(\d+) mutants: (\d+) killed, (\d+) survived, (\d+) unreached/;
const output = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: ROOT, encoding: "utf8" });

test.each(CORES)("$name notices no less than it did", ({ name }) => {
  const [, ...numbers] = SUMMARY.exec(output(process.execPath, "scripts/mutation/run.ts", name))!;
  const [all, killed] = numbers.map(Number) as [number, number];
  const score = Math.floor((100 * killed) / all);
  const doc = readFileSync(DOCS, "utf8");
  const row = new RegExp(`^\\| ${name} \\|.*$`, "m");
  const before = Number(/\| (\d+) % \|/.exec(row.exec(doc)?.[0] ?? "")?.[1] ?? 0);
  const commit = output("git", "rev-parse", "--short", "HEAD").trim();
  writeFileSync(DOCS, doc.replace(row, `| ${[name, ...numbers, `${score} %`, commit].join(" | ")} |`));
  expect(score).toBeGreaterThanOrEqual(before);
});
