import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Result, Row } from "../harness/result.ts";
import { figure } from "./cells.ts";
import { lossesOf, report, unexplained } from "./markdown.ts";
import { inRepository, pageOf } from "./page.ts";
import { goalsPlot, plotOf } from "./plot.ts";
import { readResults, SHOWN } from "./results.ts";
import { tableOf } from "./table.ts";

const one = { median: 2.5, min: 2, max: 3 };
const result: Result = {
  bench: "B1",
  title: "CPU per delivery",
  method: "How it is done.",
  remarks: ["One remark."],
  command: "./rollcall bench B1",
  smoke: false,
  rounds: 2,
  startedAt: "2026-01-01T00:00:00.000Z",
  seconds: 7,
  load: [0.1, 1.2],
  machine: {
    cpu: "a | cpu",
    cores: 2,
    memoryGiB: 4,
    kernel: "6.1",
    commit: "abc",
    versions: { node: "24", redis: "7", nats: "2", "socket.io": "4" },
  },
  rows: [
    {
      ...{ measure: "delivery", unit: "us", contender: "rollcall", values: [2, 3], ...one },
      ...{ ratio: { median: 0.5, min: 0.4, max: 0.6 }, goal: { text: "<= 0.62x", met: true } },
      stretch: { text: "<= 0.3x", met: false },
    },
    { measure: "delivery", unit: "us", contender: "stock", values: [5], median: 5, min: 5, max: 5 },
  ],
  absent: [{ contender: "centrifuge", reason: "no Go" }],
};

test("the table shows medians, ranges, ratios, verdicts, and who is missing", () => {
  const [title, header, ours, stock, ...rest] = tableOf(result);
  expect(title).toBe("B1  CPU per delivery");
  expect(header?.trim().split(/ {2,}/)).toEqual([
    ...["measure", "contender", "median", "range", "unit", "x stock", "goal", "stretch"],
  ]);
  expect(ours?.trim().split(/ {2,}/)).toEqual([
    ...["delivery", "rollcall", "2.50", "2-3", "us", "0.50x [0.40-0.60]", "<= 0.62x met", "<= 0.3x missed"],
  ]);
  expect(stock).toContain("5");
  expect(rest.join("\n")).toContain("without centrifuge: no Go");
});

test("the report sums up what has a goal, and says how each figure came about", () => {
  const text = report([result], "By hand.\n", new Set(["B1"]));
  expect(text).toContain("\n\nBy hand.\n\n## Goals");
  expect(text).toContain("![B1, plotted](benchmarks/B1.svg)");
  expect(text).not.toContain("goals.svg");
  expect(text).toContain("| B1 | delivery | 2.50 us | 0.50x | <= 0.62x | met | <= 0.3x missed | 1.2 |");
  expect(text).toContain("## B1: CPU per delivery");
  expect(text).toContain("`./rollcall bench B1`, 2 rounds in 7 s");
  expect(text).toContain("load 0.1 before and 1.2 after");
  expect(text).toContain("Without centrifuge: no Go.");
});

test("figures keep three digits, or all of a whole number", () => {
  expect([0.0123, 1.5, 12.34, 123.4, 12_345.6, 7, -3.25].map(figure)).toEqual([
    ...["0.0123", "1.50", "12.3", "123", "12,346", "7", "-3.25"],
  ]);
});

test("what somebody else does better is listed, by more than noise, and the right way round", () => {
  const row = (contender: Row["contender"], median: number, text?: string): Row => ({
    ...{ measure: "m", unit: "us", contender, values: [median], median, min: median, max: median },
    ...(text === undefined ? {} : { goal: { text, met: true } }),
  });
  const losers = (ours: Row, theirs: Row) => lossesOf({ rows: [ours, theirs] }).map((loss) => loss.theirs.contender);
  expect(losers(row("rollcall", 2), row("stock", 1))).toEqual(["stock"]);
  expect(losers(row("rollcall", 1.1), row("stock", 1))).toEqual([]);
  expect(losers(row("rollcall", 500, ">= 500"), row("centrifuge", 0))).toEqual([]);
  expect(losers(row("rollcall", 0, ">= 500"), row("centrifuge", 500))).toEqual(["centrifuge"]);
});

test("a page that is silent about a missed goal is refused; a remark is of a bench, or of some of its measures", () => {
  const [ours] = result.rows as [Row];
  const missed = { ...result, rows: [{ ...ours, goal: { text: "<= 0.1x", met: false } }] };
  expect(() => report([missed], "- **B2**: why.", new Set())).toThrow("B1 delivery");
  expect(unexplained([missed], "- **B1**: why.")).toEqual([]);
  expect(unexplained([missed], "- **B1, deliver**: why.")).toEqual([]);
  expect(unexplained([missed], "- **B1, joins**: why.")).toEqual(["B1 delivery"]);
});

test("a plot has a bar for each contender, the goal, and the same text for the same result", () => {
  const plot = plotOf(result)!;
  expect(plot.match(/<rect /g)).toHaveLength(2);
  expect(plot).toContain("goal &lt;= 0.62x: met");
  expect(plot).toContain("prefers-color-scheme: dark");
  expect(plot).not.toMatch(/NaN|Infinity|undefined|<script|href/);
  expect(plotOf(structuredClone(result))).toBe(plot);
  expect(goalsPlot([result])).toContain(">0.806x<");
});

test("the page, its plots and its results belong to each other: ./rollcall bench report writes all of them", () => {
  const files = pageOf(readResults([SHOWN]));
  for (const [file, content] of files) expect(readFileSync(inRepository(file), "utf8"), file).toBe(content);
  const there = readdirSync(SHOWN).map((name) => `docs/benchmarks/${name}`);
  expect(there.filter((file) => !files.has(file))).toEqual([]);
});
