/**
 * Which controls can be taken away at once: no test of one may read the source of another, so that whose test fails
 * tells which control was missed. One after the other would start the test runner for each.
 */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Control } from "./control.ts";

const IMPORT = /(?:from|import) "([^"]+)"/g;

/** Every file of ours that a file reads, itself too; paths from `root`. */
export function filesBehind(root: string, file: string, known = new Set<string>()): Set<string> {
  if (known.has(file) || !existsSync(join(root, file))) return known;
  known.add(file);
  for (const [, name] of readFileSync(join(root, file), "utf8").matchAll(IMPORT)) {
    if (name!.startsWith(".")) filesBehind(root, join(dirname(file), name!), known);
    else if (name!.startsWith("@rollcall/")) filesBehind(root, `packages/${name!.slice(10)}/src/index.ts`, known);
  }
  return known;
}

export function roundsOf(root: string, controls: readonly Control[]): Control[][] {
  const behind = new Map(controls.map(({ test }) => [test, filesBehind(root, test)]));
  const disturbs = (one: Control, other: Control) =>
    one.test === other.test || behind.get(one.test)!.has(other.file) || behind.get(other.test)!.has(one.file);
  const rounds: Control[][] = [];
  for (const control of controls) {
    const free = rounds.find((round) => round.every((other) => !disturbs(control, other)));
    if (free === undefined) rounds.push([control]);
    else free.push(control);
  }
  return rounds;
}
