/** The end of a run: a table for the terminal, the same as JSON, and a page with plots. */

import { htmlOf } from "./html.ts";
import type { SummaryData } from "./k6-summary.ts";
import { type About, resultOf } from "./result.ts";
import { tableOf } from "./table.ts";

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
