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
];

export interface Circumstances {
  clients: number;
  edges: number;
  presence: number;
  commit: string;
}

/** A fault whose trial did not come to its end, and why. */
export interface Unended {
  fault: string;
  why: string;
}

/** Also printed, by whoever runs the campaign. */
export function writeTable(
  rows: readonly (Row | Unended)[],
  { clients, edges, presence, commit }: Circumstances,
): string {
  const text = readFileSync(FILE, "utf8");
  const [before, after] = [text.split(BEGIN, 1)[0]!, text.split(END)[1]!];
  const load = loadavg()[2]!.toFixed(0);
  const circumstances = `Commit ${commit}, ${clients} clients, ${edges} edges, ${presence} presence replicas, all on one machine with a load average of ${load}:`;
  const table = [HEAD, HEAD.map(() => "---"), ...rows.map(cells)].map((row) => `| ${row.join(" | ")} |`).join("\n");
  writeFileSync(FILE, `${before}${BEGIN}\n\n${circumstances}\n\n${table}\n\n${END}${after}`);
  return `${circumstances}\n\n${table}`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

function cells(row: Row | Unended): string[] {
  if ("why" in row)
    return [row.fault, ...HEAD.slice(3).map(() => ""), row.why.replaceAll(/[|\n]/g, " ").slice(0, 120), ""];
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
