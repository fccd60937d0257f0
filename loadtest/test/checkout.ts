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

export function makeCheckout(): Checkout {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-loadtest-"));
  mkdirSync(join(folder, "packages"));
  for (const name of LINKED) symlinkSync(join(ROOT, name), join(folder, name));
  for (const name of readdirSync(join(ROOT, "packages"))) {
    const [from, to] = [join(ROOT, "packages", name), join(folder, "packages", name)];
    if (name === "cli") cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    else symlinkSync(from, to);
  }
  // What was built for the real checkout serves here too.
  const path = [process.env.PATH, join(ROOT, ".rollcall/k6"), join(ROOT, ".rollcall/servers/bin")].join(":");
  return {
    folder,
    rollcall: (...args) =>
      runProgram(process.execPath, [join(folder, "packages/cli/src/main.ts"), ...args], { PATH: path }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
