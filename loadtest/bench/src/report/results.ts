/**
 * Results as files: what was measured here, and what the page shows. The first are left out of the repository, the second
 * belong to it, so that a page can be written again where not everything was measured.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "@rollcall/testkit";
import { BENCHES } from "../benches/index.ts";
import type { Result } from "../harness/result.ts";

export const RESULTS = join(REPOSITORY, "loadtest/results");
/** With the plots. */
export const SHOWN = join(REPOSITORY, "docs/benchmarks");

/** The newest of each bench, in the order of the benches. */
export function readResults(folders: readonly string[] = [SHOWN, RESULTS]): Result[] {
  return BENCHES.flatMap(({ id }) => {
    const found = folders
      .map((folder) => join(folder, `${id}.json`))
      .filter((file) => existsSync(file))
      .map((file) => JSON.parse(readFileSync(file, "utf8")) as Result)
      .toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));
    return found.slice(-1);
  });
}
