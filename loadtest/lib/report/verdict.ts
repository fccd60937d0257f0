/** Each objective, what was measured, and whether it was met. */

import type { Judged } from "../slo.ts";
import type { SummaryData } from "./k6-summary.ts";

export interface Verdict {
  title: string;
  series: string;
  condition: string;
  unit: "ms" | "";
  /** undefined: nothing was measured. */
  measured?: number;
  samples: number;
  passed: boolean;
}

/**
 * An objective about times that were never taken is not met: silence is no proof. Only of one edge among several it is
 * left out, as all clients may have been behind another.
 */
export function verdictsOf({ metrics }: SummaryData, judged: readonly Judged[]): Verdict[] {
  return judged.flatMap((objective): Verdict[] => {
    const { title, series, condition, unit, metric } = objective;
    const found = metrics[series];
    const [statistic, bound] = parseCondition(condition);
    const timed = unit === "ms";
    const samples = (timed ? found?.values.count : undefined) ?? 0;
    if (timed && samples === 0) {
      return series === metric ? [{ title, series, condition, unit, samples, passed: false }] : [];
    }
    const measured = found?.values[statistic] ?? 0;
    const passed = found?.thresholds?.[condition]?.ok ?? holds(condition, measured, bound);
    return [{ title, series, condition, unit, measured, samples, passed }];
  });
}

/** `p(99)<=250`: the statistic and its bound. */
export function parseCondition(condition: string): [statistic: string, bound: number] {
  const match = /^([a-z]+(?:\([\d.]+\))?)(<=|==|>)(\d+)$/.exec(condition);
  if (match === null) throw new Error(`a condition that cannot be read: ${condition}`);
  return [match[1] as string, Number(match[3])];
}

function holds(condition: string, measured: number, bound: number): boolean {
  if (condition.includes("<=")) return measured <= bound;
  return condition.includes("==") ? measured === bound : measured > bound;
}
