/** What a run came to. */

import type { Judged } from "../slo.ts";
import type { SummaryData } from "./k6-summary.ts";
import { type Verdict, verdictsOf } from "./verdict.ts";

export interface About {
  scenario: string;
  profile: string;
  sizes: Record<string, number>;
  edges: readonly string[];
  judged: readonly Judged[];
  endedAt: string;
  folder: string;
}

export interface Result extends Omit<About, "judged" | "folder"> {
  seconds: number;
  passed: boolean;
  verdicts: Verdict[];
  /** Every series in our own terms. */
  metrics: Record<string, Record<string, number>>;
}

export function resultOf(data: SummaryData, { judged, folder: _, ...about }: About): Result {
  const verdicts = verdictsOf(data, judged);
  const own = Object.entries(data.metrics).filter(([name]) => name.startsWith("rollcall_"));
  return {
    ...about,
    seconds: Math.round((data.state?.testRunDurationMs ?? 0) / 1_000),
    passed: verdicts.every(({ passed }) => passed),
    verdicts,
    metrics: Object.fromEntries(own.map(([name, { values }]) => [name, values])),
  };
}
