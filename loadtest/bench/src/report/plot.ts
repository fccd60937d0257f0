/**
 * Results as SVG, for the page: plain text that depends on nothing but the results, so that a run again changes only what
 * it measured. Readable on light and on dark; no script, no font, no other file.
 */

import { BASELINE, type Contender } from "../harness/bench.ts";
import type { Result, Row, Verdict } from "../harness/result.ts";
import { figure } from "./cells.ts";

const WIDTH = 720;
const RIGHT = 88;
/** Of a letter, about. */
const LETTER = 6.6;
const BAR = 14;
const STEP = 18;
const TITLE = 22;
const GAP = 12;
/** More bars than that say nothing beside each other. */
const MAX_BARS = 12;

const COLORS: Record<Contender, string> = {
  rollcall: "#2f81f7",
  stock: "#9a6700",
  ws: "#8b949e",
  centrifuge: "#8250df",
};
const MET = "#2da44e";
const MISSED = "#cf222e";

const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 } .value { font-size: 11px } .goal { fill: ${MISSED} }
line { stroke: #1f2328 } .mark { stroke: ${MISSED}; stroke-width: 2; stroke-dasharray: 4 2 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } line { stroke: #e6edf3 } .goal { fill: #ff7b72 } .mark { stroke: #ff7b72 } }
</style>`;

/** What stands beside each other: the contenders of a measure; of a bench without others, all that has one unit. */
export function plotOf({ bench, title, rows }: Result): string | undefined {
  const alone = rows.every(({ contender }) => contender === "rollcall");
  const groups = [...Map.groupBy(rows, ({ measure, unit }) => (alone ? unit : `${measure}, ${unit}`))].filter(
    ([, { length }]) => length > 1 && length <= MAX_BARS,
  );
  if (groups.length === 0) return undefined;
  const labelOf = ({ measure, contender }: Row) => (alone ? measure : contender);
  const labels = groups.flatMap(([, group]) => group.map(labelOf));
  const left = 12 + LETTER * Math.max(...labels.map(({ length }) => length));
  const parts: string[] = [];
  let y = 4;
  for (const [name, group] of groups) {
    parts.push(...barsAt(y, left, name, group, labelOf));
    y += TITLE + group.length * STEP + GAP;
  }
  return svg(`${bench}: ${title}`, y, parts);
}

function barsAt(top: number, left: number, name: string, rows: readonly Row[], labelOf: (row: Row) => string) {
  const goals = new Set(rows.map(({ goal }) => goal?.text));
  const goal =
    goals.size === 1 || rows[0]?.contender !== rows[1]?.contender ? rows.find((row) => row.goal)?.goal : undefined;
  const bound = goal === undefined ? undefined : boundOf(goal, rows);
  const most = Math.max(...rows.map(({ max }) => max), bound ?? 0) || 1;
  const x = (value: number) => left + (Math.max(0, value) / most) * (WIDTH - left - RIGHT);
  const first = top + TITLE;
  const parts = [text(4, top + 14, name)];
  rows.forEach((row, i) => {
    const { contender, median, min, max, values } = row;
    const y = first + i * STEP;
    parts.push(text(left - 6, y + 11, labelOf(row), ' text-anchor="end"'));
    parts.push(rect(left, y, Math.max(1, x(median) - left), COLORS[contender]));
    if (values.length > 1) parts.push(line(x(min), y + BAR / 2, x(max), y + BAR / 2));
    parts.push(text(WIDTH - 4, y + 11, figure(median), ' class="value" text-anchor="end"'));
  });
  if (goal !== undefined && bound !== undefined) {
    parts.push(line(x(bound), first - 3, x(bound), first + rows.length * STEP - 2, ' class="mark"'));
    parts.push(text(WIDTH - 4, top + 14, `goal ${goal.text}: ${goal.met ? "met" : "missed"}`, goalStyle(goal)));
  }
  return parts;
}

const goalStyle = ({ met }: Verdict): string => ` text-anchor="end"${met ? "" : ' class="goal"'}`;

/** On the scale of the measure: a bound that is a ratio is one to the baseline. */
function boundOf({ text: goal }: Verdict, rows: readonly Row[]): number | undefined {
  const value = Number.parseFloat(goal.slice(3));
  if (!goal.endsWith("x")) return value;
  const baseline = rows.find(({ contender }) => contender === BASELINE);
  return baseline === undefined ? undefined : value * baseline.median;
}

/** Every goal: how much of what is allowed was used; beyond the line it is missed. On a logarithmic scale. */
export function goalsPlot(results: readonly Result[]): string {
  const judged = results.flatMap(({ bench, rows }) =>
    rows.flatMap((row) => (row.goal === undefined ? [] : [{ bench, row, goal: row.goal }])),
  );
  const left = 250;
  const [low, high] = [0.05, 200];
  const x = (share: number) => {
    const at = Math.min(high, Math.max(low, share));
    return left + ((WIDTH - left - RIGHT) * Math.log10(at / low)) / Math.log10(high / low);
  };
  const parts = judged.flatMap(({ bench, row, goal }, i) => {
    const y = 8 + i * STEP;
    const used = usedOf(goal, row);
    return [
      text(left - 6, y + 11, `${bench} ${row.measure}`, ' text-anchor="end"'),
      rect(left, y, Math.max(1, x(used) - left), goal.met ? MET : MISSED),
      text(WIDTH - 4, y + 11, `${figure(used)}x`, ' class="value" text-anchor="end"'),
    ];
  });
  const bottom = 8 + judged.length * STEP;
  parts.push(line(x(1), 4, x(1), bottom, ' class="mark"'), text(x(1), bottom + 14, "goal", ' text-anchor="middle"'));
  return svg("Every measure beside its goal: left of the line it is met", bottom + 22, parts);
}

/** 1 is the goal; less is better, also where more is. */
function usedOf({ text: goal, met }: Verdict, { median, ratio }: Row): number {
  const bound = Number.parseFloat(goal.slice(3));
  const value = goal.endsWith("x") ? (ratio?.median ?? median) : median;
  const used = goal.startsWith(">=") ? bound / value : value / bound;
  // 0 of at most 0.
  return Number.isFinite(used) ? Math.max(0, used) : met ? 1 : Number.MAX_SAFE_INTEGER;
}

const svg = (title: string, height: number, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(title)}">`,
    STYLE,
    ...parts,
    "</svg>\n",
  ].join("\n");

const rect = (x: number, y: number, width: number, color: string): string =>
  `<rect x="${round(x)}" y="${y}" width="${round(width)}" height="${BAR}" fill="${color}"/>`;
const line = (x1: number, y1: number, x2: number, y2: number, more = ""): string =>
  `<line x1="${round(x1)}" y1="${y1}" x2="${round(x2)}" y2="${y2}"${more}/>`;
const text = (x: number, y: number, value: string, more = ""): string =>
  `<text x="${round(x)}" y="${y}"${more}>${escapeXml(value)}</text>`;
const round = (value: number): number => Math.round(value * 10) / 10;
const escapeXml = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
