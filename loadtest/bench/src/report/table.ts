/** A result for the terminal. */

import type { Result } from "../harness/result.ts";
import { cellsOf, HEADER } from "./cells.ts";

export function tableOf(result: Result): string[] {
  const rows = [[...HEADER], ...cellsOf(result)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return [
    `${result.bench}  ${result.title}${result.smoke ? "  (smoke: figures mean nothing)" : ""}`,
    ...rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd()),
    `  ${result.rounds} rounds in ${result.seconds} s; load ${result.load.join(" before, ")} after`,
    ...result.absent.map(({ contender, reason }) => `  without ${contender}: ${reason}`),
    "",
  ];
}
