/** The text of `docs/benchmarks.md`, from results and the remarks alone. */

import type { Result, Row } from "../harness/result.ts";
import { cellsOf, figure, HEADER } from "./cells.ts";

/** The page would not be honest. */
export class Refused extends Error {}

/** Less is noise. */
const NOISE = 1.15;

/** `remarks`: what no run can say, written by hand. Throws {@link Refused} when they are silent about a goal that was missed. */
export function report(results: readonly Result[], remarks: string, plots: ReadonlySet<string>): string {
  const silent = unexplained(results, remarks);
  if (silent.length > 0) {
    throw new Error(
      `loadtest/bench/remarks.md must say why, and what is next, of each missed goal: ${silent.join("; ")}`,
    );
  }
  return [
    "# Benchmarks",
    "Written by `./rollcall bench all` (or `./rollcall bench report`, from the results that are there); do not edit. What is said by hand stands in `loadtest/bench/remarks.md`.",
    remarks.trim(),
    "## Goals",
    ...picture("goals", "every measure beside its goal", plots),
    summary(results),
    "## Where Rollcall loses",
    lossTable(results),
    ...results.map((result) => section(result, plots)),
  ]
    .join("\n\n")
    .concat("\n");
}

/** A remark is of a bench, `- **B8**: ...`, or of those of its measures that hold some words, `- **B9, all return**: ...` */
export function unexplained(results: readonly Result[], remarks: string): string[] {
  const said = [...remarks.matchAll(/^- \*\*(B\d+)(?:, (.+?))?\*\*:/gm)];
  return results.flatMap(({ bench, rows }) =>
    rows
      .filter(({ goal }) => goal?.met === false)
      .filter(({ measure }) => !said.some(([, id, words = ""]) => id === bench && measure.includes(words)))
      .map(({ measure }) => `${bench} ${measure}`),
  );
}

const picture = (name: string, alt: string, plots: ReadonlySet<string>): string[] =>
  plots.has(name) ? [`![${alt}](benchmarks/${name}.svg)`] : [];

function summary(results: readonly Result[]): string {
  const judged = results.flatMap(({ bench, rows, load }) =>
    rows.filter(({ goal }) => goal !== undefined).map((row) => ({ bench, row, load: Math.max(...load) })),
  );
  const line = ({ bench, row, load }: (typeof judged)[number]) => [
    bench,
    row.measure,
    `${figure(row.median)} ${row.unit}`,
    row.ratio === undefined ? "" : `${row.ratio.median.toFixed(2)}x`,
    row.goal!.text,
    row.goal!.met ? "met" : "**missed**",
    row.stretch === undefined ? "" : `${row.stretch.text} ${row.stretch.met ? "met" : "missed"}`,
    String(load),
  ];
  return markdownTable(["bench", "measure", "Rollcall", "x stock", "goal", "", "stretch", "load"], judged.map(line));
}

/** Every measure in which somebody else is better, by more than noise. */
function lossTable(results: readonly Result[]): string {
  const lines = results.flatMap((result) =>
    lossesOf(result).map(({ ours, theirs }) => [
      result.bench,
      ours.measure,
      `${figure(ours.median)} ${ours.unit}`,
      `${theirs.contender} ${figure(theirs.median)}`,
    ]),
  );
  if (lines.length === 0) return "Nowhere in these runs.";
  return markdownTable(["bench", "measure", "Rollcall", "better"], lines);
}

export function lossesOf({ rows }: Pick<Result, "rows">): { ours: Row; theirs: Row }[] {
  return rows.flatMap((ours) => {
    if (ours.contender !== "rollcall") return [];
    const more = ours.goal?.text.startsWith(">=") === true;
    return rows
      .filter(({ contender, measure }) => contender !== "rollcall" && measure === ours.measure)
      .filter(({ median }) => (more ? median > ours.median * NOISE : ours.median > median * NOISE))
      .map((theirs) => ({ ours, theirs }));
  });
}

function section(result: Result, plots: ReadonlySet<string>): string {
  const { bench, title, method, remarks, command, rounds, startedAt, seconds, load, machine, absent } = result;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `## ${bench}: ${title}`,
    method,
    ...(remarks.length === 0 ? [] : [remarks.map((text) => `- ${text}`).join("\n")]),
    ...picture(bench, `${bench}, plotted`, plots),
    markdownTable([...HEADER], cellsOf(result)),
    ...absent.map(({ contender, reason }) => `Without ${contender}: ${reason}.`),
    `\`${command}\`, ${rounds} rounds in ${seconds} s from ${startedAt}, load ${load[0]} before and ${load[1]} after. ` +
      `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}; ${versions.join(", ")}; commit ${machine.commit}.`,
  ].join("\n\n");
}

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
