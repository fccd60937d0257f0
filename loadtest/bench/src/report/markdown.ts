/** `docs/benchmarks.md`, written from results alone. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "@rollcall/testkit";
import type { Result, Row } from "../harness/result.ts";
import { cellsOf, figure, HEADER } from "./cells.ts";

export const REPORT_FILE = join(REPOSITORY, "docs/benchmarks.md");
/** What no run can say: what is not measured, and why something is as it is. Written by hand, copied in. */
const REMARKS_FILE = join(import.meta.dirname, "../../remarks.md");

/** Less is noise. */
const NOISE = 1.15;

export function report(results: readonly Result[]): string {
  const remarks = readFileSync(REMARKS_FILE, "utf8").trim();
  return [
    "# Benchmarks",
    "Written by `./rollcall bench all` (or `./rollcall bench report`, from the results that are there); do not edit. What is said by hand stands in `loadtest/bench/remarks.md`.",
    remarks,
    "## Goals",
    summary(results),
    "## Where Rollcall loses",
    lossTable(results),
    ...results.map(section),
  ]
    .join("\n\n")
    .concat("\n");
}

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

function section(result: Result): string {
  const { bench, title, method, remarks, command, rounds, startedAt, seconds, load, machine, absent } = result;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `## ${bench}: ${title}`,
    method,
    ...(remarks.length === 0 ? [] : [remarks.map((text) => `- ${text}`).join("\n")]),
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
