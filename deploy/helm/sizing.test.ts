/** The guide of sizing says what was measured: each cost in its table is one of the bench it names. */

import { ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";

const docs = join(import.meta.dirname, "../../docs");
const UNITS: Record<string, number> = { us: 1, ms: 1_000, bytes: 1, KiB: 1_024 };
/** Rounds of one bench differ by 15 %; the guide rounds on top of it. */
const TOLERANCE = 0.25;

interface Cost {
  what: string;
  costs: number[];
  bench: string;
}
const [, table = ""] = /\| per \| costs \| measured by \|\n[^\n]*\n(.*?)\n\n/s.exec(
  readFileSync(join(docs, "operations/sizing.md"), "utf8"),
)!;
const rows = table.split("\n").map((line): Cost => {
  const [, what = "", costs = "", bench = ""] = line.split("|").map((cell) => cell.trim());
  const figures = costs.matchAll(/(\d[\d.]*)(?: to (\d[\d.]*))?(?: (us|ms|bytes|KiB)\b)?/g);
  return {
    what,
    bench,
    costs: [...figures].flatMap(([, low, high, unit = "bytes"]) =>
      [low, high].filter((one) => one !== undefined).map((one) => Number(one) * UNITS[unit]!),
    ),
  };
});

/** Medians of Rollcall in the section of a bench. */
function measured(bench: string): number[] {
  const [, section = ""] = new RegExp(`\n## ${bench}: (.*?)(?=\n## |$)`, "s").exec(
    readFileSync(join(docs, "benchmarks.md"), "utf8"),
  )!;
  return [...section.matchAll(/^\| [^|]+ \| rollcall \| ([\d,.]+) \| [^|]* \| (us|ms|bytes|KiB)/gm)].map(
    ([, median, unit]) => Number(median!.replaceAll(",", "")) * UNITS[unit!]!,
  );
}

test.each(rows)("$what", ({ costs, bench }) => {
  ok(costs.length > 0, "no cost");
  const medians = measured(bench);
  for (const cost of costs) {
    ok(
      medians.some((median) => Math.abs(median - cost) <= TOLERANCE * median),
      `${cost} is not among what ${bench} measured: ${medians}`,
    );
  }
});
