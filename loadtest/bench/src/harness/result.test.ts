import { expect, test } from "vitest";
import type { Contender, Measure } from "./bench.ts";
import { rowsOf } from "./result.ts";

const bench = (measure: Partial<Measure>) => ({
  contenders: ["rollcall", "stock"] as Contender[],
  measures: [{ name: "cost", unit: "us", ...measure }],
});
const recorded = (values: Partial<Record<Contender, number[]>>) =>
  new Map([["cost", new Map(Object.entries(values) as [Contender, number[]][])]]);

test("a ratio is the median of the rounds' ratios, not the ratio of the medians", () => {
  const [ours, stock] = rowsOf(bench({}), recorded({ rollcall: [1, 10, 3], stock: [2, 10, 30] }));
  expect(ours?.ratio).toEqual({ median: 0.5, min: 0.1, max: 1 });
  expect(ours?.median).toBe(3);
  expect(stock?.ratio).toBeUndefined();
});

test("goals are judged by the median, or by the median ratio", () => {
  const values = recorded({ rollcall: [4, 6, 5], stock: [10, 10, 10] });
  const judge = (measure: Partial<Measure>) => rowsOf(bench(measure), values)[0];
  expect(judge({ goal: { atMost: 5 }, stretch: { atMost: 1 } })).toMatchObject({
    goal: { text: "<= 5", met: true },
    stretch: { text: "<= 1", met: false },
  });
  expect(judge({ goal: { atLeast: 6 } })?.goal).toEqual({ text: ">= 6", met: false });
  expect(judge({ goal: { timesBaseline: 0.5 } })?.goal).toEqual({ text: "<= 0.5x", met: true });
});

test("without its baseline a relative goal has no verdict, and who did not run has no row", () => {
  const rows = rowsOf(bench({ goal: { timesBaseline: 0.5 } }), recorded({ rollcall: [1] }));
  expect(rows).toHaveLength(1);
  expect(rows[0]?.goal).toBeUndefined();
});
