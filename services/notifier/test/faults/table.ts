/** The rows of the campaign as the table of `docs/reliability.md`. */

import { execFileSync } from "node:child_process";
import { loadavg } from "node:os";
import { keepRow, REPOSITORY } from "@rollcall/testkit";
import type { Result } from "./truth.ts";

export interface Row extends Result {
  fault: string;
  tookMs: number;
}

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

/** `faults`: all, in order. */
export function writeRow(row: Row, faults: readonly string[]): void {
  keepRow({ file: "docs/reliability.md", campaign: "notifier-faults", head: HEAD }, cells(row), faults);
}

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
