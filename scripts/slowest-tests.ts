/**
 * The tests that took longest in the last runs here, slowest first, as a table: `node scripts/slowest-tests.ts [how many]
 * [folder of results]`. `./rollcall test` leaves its counts in `.rollcall/results`; campaigns are not among them.
 */

import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

interface Report {
  testResults: { assertionResults: { fullName: string; duration?: number | null }[] }[];
}

export interface Timed {
  kind: string;
  title: string;
  seconds: number;
}

/** Of reports as Vitest writes them, by kind of test. */
export const slowest = (reports: ReadonlyMap<string, Report>, count: number): Timed[] =>
  [...reports]
    .flatMap(([kind, { testResults }]) =>
      testResults
        .flatMap(({ assertionResults }) => assertionResults)
        .map(({ fullName, duration }) => ({ kind, title: fullName, seconds: (duration ?? 0) / 1_000 })),
    )
    .toSorted((one, other) => other.seconds - one.seconds)
    .slice(0, count);

if (import.meta.main) {
  const [count = "10", folder = join(dirname(import.meta.dirname), ".rollcall/results")] = process.argv.slice(2);
  const reports = globSync("*.json", { cwd: folder, exclude: ["campaign.json"] }).map(
    (file) => [basename(file, ".json"), JSON.parse(readFileSync(join(folder, file), "utf8")) as Report] as const,
  );
  console.log("| kind | seconds | test |\n| --- | ---: | --- |");
  for (const { kind, title, seconds } of slowest(new Map(reports), Number(count))) {
    console.log(`| ${kind} | ${seconds.toFixed(1)} | ${title.replaceAll("|", "\\|")} |`);
  }
}
