/** The rows of a campaign as the table of `docs/reliability.md`. */

import { loadavg } from "node:os";
import { keepRow } from "../../src/index.ts";
import { BACK_MS, type Row } from "./trial.ts";

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

/** `faults`: all, in order. */
export function writeRow(row: Row | Unended, commit: string, faults: readonly string[]): void {
  const table = { file: "docs/reliability.md", campaign: "faults", head: HEAD };
  keepRow(table, [...cells(row), loadavg()[1]!.toFixed(1), commit], faults);
}

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
