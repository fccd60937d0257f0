/** Tables of `docs/` that campaigns write. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./service-process.ts";

export interface KeptTable {
  /** Relative to the repository. */
  file: string;
  /** Of the campaign, as the marks around the table name it. */
  campaign: string;
  head: readonly string[];
  /** Those of `head` that stand to the right. */
  numbers?: readonly string[];
}

/** All rows anew. */
export function keepTable(table: KeptTable, rows: readonly (readonly string[])[]): void {
  write(table, rows.map(lineOf));
}

/** A row takes the place of its earlier one, known by its first cell: a campaign may be run in parts. `order`: all rows. */
export function keepRow(table: KeptTable, row: readonly string[], order: readonly string[]): void {
  const rows = linesByName(table).set(row[0]!, lineOf(row));
  write(
    table,
    order.flatMap((name) => rows.get(name) ?? []),
  );
}

/** What an earlier run kept. */
export function keptRow(table: KeptTable, name: string): string[] | undefined {
  return linesByName(table).get(name)?.slice(2, -2).split(" | ");
}

function linesByName(table: KeptTable): Map<string, string> {
  const lines = partsOf(table).written.split("\n");
  return new Map(lines.map((line) => [line.split(" | ")[0]!.slice(2), line]));
}

function write(table: KeptTable, rows: readonly string[]): void {
  const { path, before, after } = partsOf(table);
  const rule = lineOf(table.head.map((name) => (table.numbers?.includes(name) === true ? "---:" : "---")));
  writeFileSync(path, `${before}\n\n${[lineOf(table.head), rule, ...rows].join("\n")}\n\n${after}`);
}

/** The page up to the mark before the table, the table, and the page from the mark behind it. */
function partsOf({ file, campaign }: KeptTable) {
  const path = join(REPOSITORY, file);
  const text = readFileSync(path, "utf8");
  const [begin, end] = ["begin", "end"].map((mark) => `<!-- written by the ${campaign} campaign: ${mark} -->`);
  const [before, written, after] = text.split(new RegExp(`(?<=${begin})|(?=${end})`));
  if (after === undefined) throw new Error(`${file} has no place for the table of ${campaign}`);
  return { path, before, written: written!, after };
}

const lineOf = (row: readonly string[]): string => `| ${row.join(" | ")} |`;
