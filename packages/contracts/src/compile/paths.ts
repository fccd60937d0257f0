/** Contract files by a pattern: `contracts/*.yaml`. */

import { existsSync, globSync } from "node:fs";

const EXTENSION = /\.(?:ya?ml|json)$/i;
const PATTERN = /[*?[\]{}]/;

/** In a folder, and among what a pattern matches, other files are left alone. */
export const isContractFileName = (name: string): boolean => EXTENSION.test(name);

/**
 * Each pattern replaced by the files that match it now, in order and each once. What exists, or matches nothing, stays as
 * it is written, so that it can be told.
 */
export function expandPaths(paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => {
    if (!PATTERN.test(path) || existsSync(path)) return [path];
    const matching = globSync(path).filter(isContractFileName).toSorted();
    return matching.length > 0 ? matching : [path];
  });
  return [...new Set(found)];
}
