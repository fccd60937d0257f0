/** Tables of `docs/` that campaigns write, row by row. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./service-process.ts";

export interface KeptTable {
  /** Relative to the repository. */
  file: string;
  /** Of the campaign, as the marks around the table name it. */
  campaign: string;
  head: readonly string[];
}

/** A row takes the place of its earlier one, known by its first cell: a campaign may be run in parts. `order`: all rows. */
export function keepRow({ file, campaign, head }: KeptTable, row: readonly string[], order: readonly string[]): void {
  const path = join(REPOSITORY, file);
  const [begin, end] = ["begin", "end"].map((mark) => `<!-- written by the ${campaign} campaign: ${mark} -->`);
  const [before, rest] = readFileSync(path, "utf8").split(begin!) as [string, string];
  const [written, after] = rest.split(end!) as [string, string];
  const rows = new Map(written.split("\n").map((line) => [line.split(" | ")[0]!.slice(2), line]));
  rows.set(row[0]!, lineOf(row));
  const kept = order.flatMap((name) => rows.get(name) ?? []);
  const table = [lineOf(head), lineOf(head.map(() => "---")), ...kept].join("\n");
  writeFileSync(path, `${before}${begin}\n\n${table}\n\n${end}${after}`);
}

const lineOf = (row: readonly string[]): string => `| ${row.join(" | ")} |`;
