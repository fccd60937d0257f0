/** The rows of the campaign as the table of `docs/reliability.md`. */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "@rollcall/testkit";
import type { Result } from "./truth.ts";

export interface Row extends Result {
  fault: string;
  tookMs: number;
}

const FILE = join(REPOSITORY, "docs/reliability.md");
const BEGIN = "<!-- written by the notifier-faults campaign: begin -->";
const END = "<!-- written by the notifier-faults campaign: end -->";
const HEAD = [
  "fault",
  "events",
  "recipients",
  "final states",
  "lost",
  "handler-visible duplicates",
  "out of order",
  "contradictions",
  "took",
  "load",
  "commit",
];

/** The row of a fault takes the place of its earlier one: the campaign may be run in parts. `faults`: all, in order. */
export function writeRow(row: Row, faults: readonly string[]): void {
  const text = readFileSync(FILE, "utf8");
  const [before, rest] = text.split(BEGIN) as [string, string];
  const [written, after] = rest.split(END) as [string, string];
  const rows = new Map(written.split("\n").map((line) => [line.split(" | ")[0]!.slice(2), line]));
  rows.set(row.fault, lineOf(cells(row)));
  const kept = faults.flatMap((fault) => rows.get(fault) ?? []);
  const table = [lineOf(HEAD), lineOf(HEAD.map(() => "---")), ...kept].join("\n");
  writeFileSync(FILE, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
}

const lineOf = (row: readonly string[]): string => `| ${row.join(" | ")} |`;

const commit = () =>
  execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: REPOSITORY, encoding: "utf8" }).trim();

const cells = ({ fault, events, recipients, states, lost, repeated, reordered, contradicted, tookMs }: Row) => [
  fault,
  events.toLocaleString("en"),
  recipients.toLocaleString("en"),
  Object.entries(states)
    .map(([state, count]) => `${state} ${count.toLocaleString("en")}`)
    .join(", "),
  ...[lost, repeated, reordered, contradicted].map(({ length }) => String(length)),
  `${Math.round(tookMs / 1_000)} s`,
  loadavg()[1]!.toFixed(1),
  commit(),
];
