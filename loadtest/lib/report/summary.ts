/** The end of a run: a table for the terminal, the same as JSON, and a page with plots. */

import type { Judged } from "../slo.ts";
import { htmlOf } from "./html.ts";
import { tableOf } from "./table.ts";
import { type Verdict, verdictsOf } from "./verdict.ts";

/** What k6 hands to `handleSummary`, as far as it is read. */
export interface SummaryData {
  metrics: Record<
    string,
    { type: string; values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> }
  >;
  state?: { testRunDurationMs?: number };
}

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

/** File names and what goes into them, as k6 wants them. */
export function summarize(data: SummaryData, about: About): Record<string, string> {
  const result = resultOf(data, about);
  const base = `${about.folder}/${about.scenario}-${about.profile}`;
  return {
    stdout: `${tableOf(result).join("\n")}\n`,
    [`${base}.json`]: `${JSON.stringify(result, undefined, 2)}\n`,
    [`${base}.html`]: htmlOf(result),
  };
}
