/** Which contract files a cluster loads, and that they are in order before anything is started. */

import { existsSync, globSync } from "node:fs";
import { resolve } from "node:path";
import { type Contracts, expandPaths, formatMistake, loadContracts } from "@rollcall/contracts";
import type { Env } from "@rollcall/runtime";
import { CliError } from "../context.ts";
import type { Home } from "../home.ts";

/** Given paths, else `CONTRACTS`, else those of the examples. Absolute. */
export function contractPaths(given: readonly string[], options: { home: Home; env: Env; cwd: string }): string[] {
  const { home, env, cwd } = options;
  if (given.length > 0) return given.map((path) => resolve(cwd, path));
  const named = (env.CONTRACTS ?? "").split(",").filter((path) => path !== "");
  if (named.length > 0) return named.map((path) => resolve(cwd, path));
  return globSync("examples/*/contracts", { cwd: home.root })
    .toSorted()
    .map((path) => resolve(home.root, path));
}

/** Rejects with a line per mistake, as `contracts check` prints them. */
export async function loadOrExplain(paths: readonly string[]): Promise<Contracts> {
  const missing = expandPaths(paths).filter((path) => !existsSync(path));
  if (missing.length > 0) throw new CliError(`no such contract file or folder: ${missing.join(", ")}`);
  const result = await loadContracts([...paths]);
  if (result.ok) return result.contracts;
  throw new CliError("the contract files have mistakes:", { hint: result.mistakes.map(formatMistake).join("\n") });
}
