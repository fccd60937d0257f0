/** Results kept as files, the newest of each bench. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "@rollcall/testkit";
import { BENCHES } from "../benches/index.ts";
import type { Result } from "../harness/result.ts";

export const RESULTS = join(REPOSITORY, "loadtest/results");

/** In the order of the benches. */
export function readResults(): Result[] {
  return BENCHES.map(({ id }) => join(RESULTS, `${id}.json`))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, "utf8")) as Result);
}
