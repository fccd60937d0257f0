/** What the commands that ask one question of the cluster have in common: its options, the asking, and the printing. */

import type { Command } from "commander";
import type { Context } from "../context.ts";
import { wholeNumber } from "../options.ts";
import { type Terminal, table } from "../terminal.ts";
import { type BusFlags, useBus } from "./connect.ts";

export type Row = Record<string, unknown>;
/** `next`: there is more. */
type Answer = Readonly<Row> & { readonly next?: string };

export interface PageFlags extends BusFlags {
  limit?: number;
  cursor?: string;
}

export const withPages = (command: Command): Command =>
  command
    .option("--limit <n>", "at most that many", wholeNumber(1, 1_000))
    .option("--cursor <cursor>", "continue where `next` said");

export interface Answers {
  ask<T>(flags: BusFlags, name: string, body: Record<string, unknown>): Promise<T>;
  /** A page of them, with how to go on. */
  askPage<T>(flags: PageFlags, name: string, body: Record<string, unknown>): Promise<T & { next?: string }>;
  /** A table, or `data` as JSON where that is asked. */
  show(flags: BusFlags, data: Answer, rows: readonly Row[], columns: readonly string[]): void;
  /** What has no columns. */
  print(flags: BusFlags, data: unknown): void;
}

export function answersOf(context: Context): Answers {
  const { terminal } = context;
  const ask: Answers["ask"] = (flags, name, body) => useBus(flags, context, (bus) => bus.ask(name, given(body)));
  return {
    ask,
    askPage: (flags, name, body) => ask(flags, name, { ...body, limit: flags.limit, cursor: flags.cursor }),
    show(flags, data, rows, columns) {
      if (flags.json === true) return terminal.json(data);
      if (rows.length === 0) terminal.note("none");
      else showTable(terminal, rows, columns);
      if (data.next !== undefined) terminal.note(`more: --cursor ${data.next}`);
    },
    print: (flags, data) =>
      flags.json === true ? terminal.json(data) : terminal.out(JSON.stringify(data, undefined, 2)),
  };
}

/** Without what the command line left open. */
const given = (body: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));

function showTable(terminal: Terminal, rows: readonly Row[], columns: readonly string[]): void {
  const cells = rows.map((row) => columns.map((column) => cell(row[column])));
  for (const line of table(columns, cells)) terminal.out(line);
}

const cell = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
