/** The rows of the campaign as the table of `docs/reliability.md`. */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "@rollcall/testkit";
import type { Result } from "./truth.ts";

export interface Row extends Result {
  fault: string;
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
];

export function writeTable(rows: readonly Row[]): void {
  const text = readFileSync(FILE, "utf8");
  const [before, after] = [text.split(BEGIN, 1)[0]!, text.split(END)[1]!];
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: REPOSITORY, encoding: "utf8" }).trim();
  const load = loadavg()[2]!.toFixed(0);
  const circumstances = `\`./rollcall test campaign notifier-faults\`, commit ${commit}, one machine with a load average of ${load}:`;
  const table = [HEAD, HEAD.map(() => "---"), ...rows.map(cells)].map((row) => `| ${row.join(" | ")} |`).join("\n");
  writeFileSync(FILE, `${before}${BEGIN}\n\n${circumstances}\n\n${table}\n\n${END}${after}`);
}

const cells = ({ fault, events, recipients, states, lost, repeated, reordered, contradicted }: Row) => [
  fault,
  String(events),
  String(recipients),
  Object.entries(states)
    .map(([state, count]) => `${state} ${count}`)
    .join(", "),
  ...[lost, repeated, reordered, contradicted].map(({ length }) => String(length)),
];
