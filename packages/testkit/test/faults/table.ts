/** The rows of a campaign as the table of `docs/reliability.md`. */

import { readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "../../src/index.ts";
import { BACK_MS, type Row } from "./trial.ts";

const FILE = join(REPOSITORY, "docs/reliability.md");
const BEGIN = "<!-- written by the faults campaign: begin -->";
const END = "<!-- written by the faults campaign: end -->";

const HEAD = [
  "fault",
  "gone",
  "seen gone within",
  "measured",
  `all back (bound ${BACK_MS / 1_000} s)`,
  "ghosts",
  "missing",
  "false",
  "repeated or unseen",
  "other",
  "event loop, worst",
  "load",
  "commit",
];

/** A fault whose trial did not come to its end, and why. */
export interface Unended {
  fault: string;
  why: string;
}

/** The row of a fault takes the place of its earlier one: a campaign may be run in parts. `faults`: all, in order. */
export function writeRow(row: Row | Unended, commit: string, faults: readonly string[]): void {
  const text = readFileSync(FILE, "utf8");
  const [before, rest] = text.split(BEGIN) as [string, string];
  const [written, after] = rest.split(END) as [string, string];
  const rows = new Map(written.split("\n").map((line) => [line.split(" | ")[0]!.slice(2), line]));
  rows.set(row.fault, lineOf([...cells(row), loadavg()[1]!.toFixed(1), commit]));
  const kept = faults.flatMap((fault) => rows.get(fault) ?? []);
  const table = [lineOf(HEAD), lineOf(HEAD.map(() => "---")), ...kept].join("\n");
  writeFileSync(FILE, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
}

const lineOf = (row: readonly string[]): string => `| ${row.join(" | ")} |`;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

function cells(row: Row | Unended): string[] {
  if ("why" in row)
    return [row.fault, ...HEAD.slice(5).map(() => ""), row.why.replaceAll(/[|\n]/g, " ").slice(0, 120), ""];
  const { ghosts, missing, wrong, falses, repeats, unseen, surprises } = row;
  const counts = [ghosts.length, missing.length + wrong.length, falses.length, repeats.length + unseen.length];
  return [
    row.fault,
    String(row.departed),
    ...(row.departed === 0 ? ["", ""] : [seconds(row.departuresBoundMs), seconds(row.departuresMs)]),
    seconds(row.backMs),
    ...counts.map(String),
    String(surprises.length),
    `${row.loopMs} ms`,
  ];
}
