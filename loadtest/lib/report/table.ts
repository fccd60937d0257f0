/** The result as lines for a terminal; it can be pasted and cut. */

import type { Result } from "./result.ts";
import type { Verdict } from "./verdict.ts";

export function tableOf(result: Result): string[] {
  const { scenario, profile, sizes, edges, seconds, verdicts } = result;
  const rows = verdicts.map((verdict) => [
    verdict.title,
    boundOf(verdict),
    measuredOf(verdict),
    verdict.samples === 0 ? "" : String(verdict.samples),
    verdict.passed ? "pass" : "FAIL",
  ]);
  const failed = failedOf(verdicts);
  return [
    "",
    `${scenario}, ${profile}: ${(sizes.vus ?? 0) * (sizes.clients ?? 0)} clients, ${edges.length} edges, ${seconds} s`,
    "",
    ...aligned([["objective", "bound", "measured", "samples", ""], ...rows]),
    "",
    failed.length === 0 ? `passed: all ${verdicts.length} objectives` : `FAILED: ${failed.map(nameOf).join("; ")}`,
  ];
}

/** One edge is named only when all of them together pass. */
function failedOf(verdicts: readonly Verdict[]): Verdict[] {
  const failed = verdicts.filter(({ passed }) => !passed);
  return failed.filter(({ series }) => !failed.some((whole) => series.startsWith(`${whole.series}{`)));
}

const nameOf = ({ title, series }: Verdict): string => (series.includes("{") ? series : `${title} (${series})`);

export function boundOf({ condition, unit }: Verdict): string {
  const text = condition.replace(/p\(([\d.]+)\)/, "p$1").replace(/(<=|==|>)/, " $1 ");
  return unit === "" ? text.replace("count == 0", "none").replace("count > 0", "some") : `${text} ${unit}`;
}

export function measuredOf({ measured, unit }: Verdict): string {
  if (measured === undefined) return "no samples";
  return unit === "" ? String(measured) : `${measured < 10 ? measured.toFixed(1) : Math.round(measured)} ${unit}`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === 4 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
