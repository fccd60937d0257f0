/** `docs/benchmarks.md` with what belongs to it: the results that it shows, and a plot of each. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "@rollcall/testkit";
import type { Result } from "../harness/result.ts";
import { report } from "./markdown.ts";
import { goalsPlot, plotOf } from "./plot.ts";

const REMARKS_FILE = join(import.meta.dirname, "../../remarks.md");

/** Contents by name, from the root of the repository. The same results give the same files. */
export function pageOf(results: readonly Result[], remarks = readFileSync(REMARKS_FILE, "utf8")): Map<string, string> {
  const plots = new Map([["goals", goalsPlot(results)]]);
  for (const result of results) {
    const plot = plotOf(result);
    if (plot !== undefined) plots.set(result.bench, plot);
  }
  const files = new Map([["docs/benchmarks.md", report(results, remarks, new Set(plots.keys()))]]);
  for (const [name, plot] of plots) files.set(`docs/benchmarks/${name}.svg`, plot);
  for (const result of results)
    files.set(`docs/benchmarks/${result.bench}.json`, `${JSON.stringify(result, null, 2)}\n`);
  return files;
}

export const inRepository = (file: string): string => join(REPOSITORY, file);
