/**
 * The pages of `docs/` that are tables of what the code declares, and the client's copy of the wire's types: `node scripts/generate-docs.ts` writes them,
 * `--check` prints the first difference of each that is not what it would write, and exits 1.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { clientApiPage } from "./docs/client-api.ts";
import { clientWire } from "./docs/client-wire.ts";
import { errorsPage, eventsPage, subjectsPage } from "./docs/contract-pages.ts";
import { dependencyPage } from "./docs/dependency-page.ts";
import { logsPage } from "./docs/log-page.ts";
import { configurationPage, limitsPage, metricsPage } from "./docs/operation-pages.ts";

export const PAGES: Readonly<Record<string, () => string>> = {
  "docs/errors.md": errorsPage,
  "docs/events.md": eventsPage,
  "docs/subjects.md": subjectsPage,
  "docs/limits.md": limitsPage,
  "docs/configuration.md": configurationPage,
  "docs/metrics.md": metricsPage,
  "docs/operations/logs.md": logsPage,
  "packages/client/src/wire.ts": clientWire,
  "docs/client-api.md": clientApiPage,
  "docs/dependencies.md": dependencyPage,
};

/** One line per page that differs: `file:line what is there, what should be`. */
export function differences(root: string): string[] {
  return Object.entries(PAGES).flatMap(([file, render]) => {
    const path = join(root, file);
    if (!existsSync(path)) return [`${file}:1 is missing`];
    const [there, wanted] = [readFileSync(path, "utf8").split("\n"), render().split("\n")];
    const line = wanted.findIndex((text, i) => text !== there[i]);
    if (line < 0 && there.length === wanted.length) return [];
    const at = line < 0 ? wanted.length : line;
    return [
      `${file}:${at + 1} is ${JSON.stringify(there[at] ?? "")}, the code says ${JSON.stringify(wanted[at] ?? "")}`,
    ];
  });
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname);
  if (process.argv.includes("--check")) {
    const found = differences(root);
    for (const line of found) console.log(line);
    if (found.length > 0) console.log("write them again: node scripts/generate-docs.ts");
    process.exitCode = found.length === 0 ? 0 : 1;
  } else {
    for (const [file, render] of Object.entries(PAGES)) writeFileSync(join(root, file), render());
  }
}
