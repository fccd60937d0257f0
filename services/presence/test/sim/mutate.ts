/** The core with one text replaced by another, as a module of its own. */

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { replaced } from "@rollcall/testkit";
import type { Mutant } from "./mutants.ts";
import type { Reduce } from "./redis.ts";

const CORE = join(import.meta.dirname, "../../src/core");

export class Mutations {
  /** Beside the core, so that its imports still lead where they led. */
  readonly #folder: string;

  constructor(name: string) {
    this.#folder = join(CORE, `../.mutants-${name}-${process.pid}`);
  }

  async reduceOf(mutant: Mutant, index: number): Promise<Reduce> {
    const folder = join(this.#folder, String(index));
    mkdirSync(folder, { recursive: true });
    cpSync(CORE, folder, { recursive: true, filter: (name) => !name.endsWith(".test.ts") });
    for (const name of readdirSync(folder).filter((one) => one.endsWith(".ts"))) {
      const path = join(folder, name);
      writeFileSync(path, readFileSync(path, "utf8").replaceAll('"../store.ts"', '"../../store.ts"'));
    }
    const path = join(folder, mutant.file);
    writeFileSync(path, replaced(readFileSync(path, "utf8"), mutant));
    const module = (await import(pathToFileURL(join(folder, "reduce.ts")).href)) as { reduce: Reduce };
    return module.reduce;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
