/** A checkout whose `.rollcall/` nobody else uses: links to the sources, but for the program, which finds it by where it is. */

import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, runProgram } from "./k6.ts";

const ROOT = join(import.meta.dirname, "../..");
const LINKED = ["services", "examples", "loadtest", "node_modules", "package.json"];

export interface Checkout {
  folder: string;
  rollcall(...args: string[]): Promise<Ended>;
  remove(): void;
}

/** `env`: of everything that is run there. `owned`: what is to be changed there, and so is copied. */
export function makeCheckout(env: Record<string, string>, owned: readonly string[] = []): Checkout {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-loadtest-"));
  mkdirSync(join(folder, "packages"));
  const bring = (name: string, copied: boolean) => {
    if (copied) cpSync(join(ROOT, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
    else symlinkSync(join(ROOT, name), join(folder, name));
  };
  for (const name of LINKED) bring(name, owned.includes(name));
  for (const name of readdirSync(join(ROOT, "packages"))) bring(`packages/${name}`, name === "cli");
  // What was built for the real checkout serves here too.
  const path = [process.env.PATH, join(ROOT, ".rollcall/k6"), join(ROOT, ".rollcall/servers/bin")].join(":");
  return {
    folder,
    rollcall: (...args) =>
      runProgram(process.execPath, [join(folder, "packages/cli/src/main.ts"), ...args], { ...env, PATH: path }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
