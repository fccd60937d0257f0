/** A result as rows of text: the terminal and the report show the same. */

import type { Result, Row, Verdict } from "../harness/result.ts";

export const HEADER = ["measure", "contender", "median", "range", "unit", "x stock", "goal", "stretch"] as const;

export const cellsOf = ({ rows }: Result): string[][] => rows.map(cells);

function cells(row: Row): string[] {
  const { measure, contender, median, min, max, unit, ratio, values } = row;
  return [
    measure,
    contender,
    figure(median),
    values.length > 1 ? `${figure(min)}-${figure(max)}` : "",
    unit,
    ratio === undefined ? "" : `${ratio.median.toFixed(2)}x [${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)}]`,
    verdict(row.goal),
    verdict(row.stretch),
  ];
}

const verdict = (one: Verdict | undefined): string =>
  one === undefined ? "" : `${one.text} ${one.met ? "met" : "missed"}`;

/** Three digits that mean something, or all of a whole number. */
export function figure(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toPrecision(3);
}
