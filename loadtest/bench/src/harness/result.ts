/** From recorded values to rows with medians, ratios and verdicts. */

import { BASELINE, type Bench, type Contender, type Goal } from "./bench.ts";
import type { Machine } from "./machine.ts";
import { type Summary, summarize } from "./stats.ts";

export interface Verdict {
  /** For example `<= 5` or `<= 0.62x`. */
  text: string;
  met: boolean;
}

export interface Row extends Summary {
  measure: string;
  unit: string;
  contender: Contender;
  /** One a round. */
  values: number[];
  /** To the baseline of the same round. */
  ratio?: Summary;
  goal?: Verdict;
  stretch?: Verdict;
}

export interface Result {
  bench: string;
  title: string;
  method: string;
  remarks: string[];
  command: string;
  smoke: boolean;
  rounds: number;
  /** RFC 3339. */
  startedAt: string;
  seconds: number;
  /** Average run queue over the last minute, before and after. */
  load: [before: number, after: number];
  machine: Machine;
  rows: Row[];
  /** Contenders that were asked for and could not run, with the reason. */
  absent: { contender: Contender; reason: string }[];
}

/** Values by measure, then contender, one a round. */
export type Recorded = ReadonlyMap<string, ReadonlyMap<Contender, readonly number[]>>;

export function rowsOf(bench: Pick<Bench, "measures" | "contenders">, recorded: Recorded): Row[] {
  const rows: Row[] = [];
  for (const { name, unit, goal, stretch } of bench.measures) {
    const byContender = recorded.get(name);
    const baseline = byContender?.get(BASELINE);
    for (const contender of bench.contenders) {
      const values = byContender?.get(contender);
      if (values === undefined) continue;
      const ratios =
        baseline?.length === values.length && contender !== BASELINE && baseline.every((value) => value > 0)
          ? summarize(values.map((value, round) => value / baseline[round]!))
          : undefined;
      const row: Row = { measure: name, unit, contender, values: [...values], ...summarize(values) };
      if (ratios !== undefined) row.ratio = ratios;
      if (contender === "rollcall") {
        const judged = { goal: verdict(goal, row), stretch: verdict(stretch, row) };
        if (judged.goal !== undefined) row.goal = judged.goal;
        if (judged.stretch !== undefined) row.stretch = judged.stretch;
      }
      rows.push(row);
    }
  }
  return rows;
}

/** Undefined without a goal, and when its baseline did not run. */
function verdict(goal: Goal | undefined, row: Row): Verdict | undefined {
  if (goal === undefined) return undefined;
  if ("atMost" in goal) return { text: `<= ${goal.atMost}`, met: row.median <= goal.atMost };
  if ("atLeast" in goal) return { text: `>= ${goal.atLeast}`, met: row.median >= goal.atLeast };
  if (row.ratio === undefined) return undefined;
  return { text: `<= ${goal.timesBaseline}x`, met: row.ratio.median <= goal.timesBaseline };
}
