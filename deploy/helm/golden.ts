/**
 * Snapshots of what the chart renders, each with the hash of the sources it was rendered from: a test without Helm can
 * tell that they are of this chart.
 */

import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GOOD, merged, minimal } from "./cases.ts";
import { CHART } from "./generate.ts";

export const GOLDEN = ["minimal", "everything", "the rest"] as const;
export const goldenPath = (name: string) =>
  join(import.meta.dirname, "test/golden", `${name.replaceAll(" ", "-")}.yaml`);
export const valuesOf = (name: string) => merged(minimal, GOOD[name]!);

/** Of the templates and values, not of generated files: a new setting changes no snapshot. */
function sourcesHash(name: string): string {
  const hash = createHash("sha256").update(JSON.stringify(valuesOf(name)));
  const paths = globSync(["Chart.yaml", "values.yaml", "templates/**/*.*"], { cwd: CHART });
  for (const path of paths.toSorted()) hash.update(path).update(readFileSync(join(CHART, path)));
  return hash.digest("hex");
}

/** The snapshot as it is written. */
export const snapshot = (name: string, rendered: string): string =>
  `${firstLine(name)}\n${rendered.replaceAll(/[ \t]+$/gm, "")}`;

export const firstLine = (name: string): string =>
  `# Written by \`UPDATE=1 ./rollcall test deploy chart\`, from sources ${sourcesHash(name)}`;
