/** How many seeds each deliberate mistake survives. */

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { MUTANTS, type Mutant } from "./mutants.ts";
import type { Reduce } from "./servers.ts";
import { SimWorld } from "./world.ts";

const CORE = join(import.meta.dirname, "../../src/core");
/** Beside the core, so that its imports still lead where they led. */
const HERE = join(import.meta.dirname, "../../src/.mutants");
const SEEDS = 2_000;

const found: string[] = [];
afterAll(() => {
  rmSync(HERE, { recursive: true, force: true });
  console.log(found.join("\n"));
});

async function mutated({ file, from, to }: Mutant, index: number): Promise<Reduce> {
  const folder = join(HERE, String(index));
  mkdirSync(folder, { recursive: true });
  cpSync(CORE, folder, { recursive: true, filter: (name) => !name.endsWith(".test.ts") });
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".ts"))) {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll('"../store.ts"', '"../../store.ts"'));
  }
  const path = join(folder, file);
  const source = readFileSync(path, "utf8");
  if (source.split(from).length !== 2) throw new Error(`${file} does not hold once: ${from}`);
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  const module = (await import(pathToFileURL(join(folder, "reduce.ts")).href)) as { reduce: Reduce };
  return module.reduce;
}

test.each(MUTANTS.map((mutant, i) => [mutant.rule, mutant.what, mutant, i] as const))(
  "[%s] %s",
  async (rule, what, mutant, i) => {
    const reduce = await mutated(mutant, i);
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        new SimWorld(seed, reduce).run();
      } catch (error) {
        found.push(`| ${rule} | ${what} | ${seed} | ${String(error).slice(0, 90)} |`);
        return;
      }
    }
    found.push(`| ${rule} | ${what} | not found | |`);
    expect.fail(`survived ${SEEDS} seeds`);
  },
);
