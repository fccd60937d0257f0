import { expect, test } from "vitest";
import type { Result, Row } from "../harness/result.ts";
import { figure } from "./cells.ts";
import { lossesOf, report } from "./markdown.ts";
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
  const text = report([result]);
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
