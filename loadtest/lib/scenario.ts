/** What all scenarios have in common: options with thresholds, an end, a name for this run, and the summary. */

import exec from "k6/execution";
import type { Options } from "k6/options";
import { metrics } from "./metrics.ts";
import type { SummaryData } from "./report/k6-summary.ts";
import { summarize } from "./report/summary.ts";
import { edges, outFolder, patience, profile, type Sizes } from "./settings.ts";
import { judgedBy, type ObjectiveId, thresholdsOf } from "./slo.ts";

/** For what is under way at the end. */
const TAIL_SECONDS = 60 * patience;

export interface Run {
  /** In the names of rooms: no run meets the rooms of another. */
  run: string;
}

export function scenario(name: string, sizes: Sizes, objectives: readonly ObjectiveId[]) {
  const judged = judgedBy(
    objectives,
    edges.map((edge) => edge.name),
  );
  const options: Options = {
    scenarios: {
      [name]: {
        executor: "constant-vus",
        vus: sizes.vus,
        duration: `${sizes.seconds}s`,
        gracefulStop: `${TAIL_SECONDS}s`,
      },
    },
    thresholds: thresholdsOf(judged),
    summaryTrendStats: ["count", "min", "med", "p(75)", "p(90)", "p(95)", "p(99)", "p(99.9)", "max"],
    setupTimeout: "30s",
  };
  const setup = (): Run => ({ run: Date.now().toString(36) });
  const handleSummary = (data: SummaryData): Record<string, string> =>
    summarize(data, {
      scenario: name,
      profile,
      sizes,
      edges: edges.map((edge) => edge.url),
      judged,
      endedAt: new Date().toISOString(),
      folder: outFolder,
    });
  return { options, setup, handleSummary };
}

/** When this scenario's time is over; what began before is finished. */
export const endMs = (sizes: Sizes): number => exec.scenario.startTime + sizes.seconds * 1_000;

/** What a VU does, from its begin to its end: one that does not come to it has shown nothing. */
export const story =
  (told: (run: Run) => Promise<void>) =>
  async (run: Run): Promise<void> => {
    metrics.unfinished.add(1);
    await told(run);
    metrics.unfinished.add(-1);
  };

export const goesOn = (sizes: Sizes): boolean => Date.now() < endMs(sizes);

export const vuNumber = (): number => exec.vu.idInTest;
