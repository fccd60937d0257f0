import { describe, expect, it } from "vitest";
import { judgedBy, OBJECTIVES, thresholdsOf } from "../slo.ts";
import type { SummaryData } from "./k6-summary.ts";
import { resultOf } from "./result.ts";
import { summarize } from "./summary.ts";
import { tableOf } from "./table.ts";
import { parseCondition } from "./verdict.ts";

const trend = (p99: number, ok: boolean) => ({
  type: "trend",
  values: { count: 40, min: 1, med: 5, "p(75)": 6, "p(90)": 8, "p(95)": 9, "p(99)": p99, "p(99.9)": p99, max: p99 },
  thresholds: { "p(99)<=250": { ok } },
});
const counter = (count: number, ok: boolean) => ({
  type: "counter",
  values: { count, rate: 0 },
  thresholds: { "count==0": { ok } },
});
const judged = judgedBy(["joinVisible", "gaps"], ["edge-1", "edge-2"]);
const about = {
  scenario: "presence",
  profile: "smoke",
  sizes: { vus: 2, clients: 10, seconds: 15 },
  edges: ["http://a:1", "http://b:2/<x>"],
  judged,
  endedAt: "2026-01-01T00:00:00.000Z",
  folder: "out",
};
const data = (metrics: SummaryData["metrics"]): SummaryData => ({ metrics, state: { testRunDurationMs: 15_200 } });
const good = data({
  rollcall_join_visible: trend(41.4, true),
  "rollcall_join_visible{edge:edge-1}": trend(30, true),
  "rollcall_join_visible{edge:edge-2}": trend(41.4, true),
  rollcall_gaps: counter(0, true),
  ws_msgs_sent: counter(9, true),
});

it("every objective has a condition that can be read", () => {
  for (const { condition } of Object.values(OBJECTIVES)) expect(parseCondition(condition)[1]).toBeGreaterThanOrEqual(0);
});

it("objectives are thresholds, of all edges and of each", () => {
  expect(thresholdsOf(judged)).toEqual({
    rollcall_join_visible: ["p(99)<=250", "max>0"],
    "rollcall_join_visible{edge:edge-1}": ["p(99)<=250"],
    "rollcall_join_visible{edge:edge-2}": ["p(99)<=250"],
    rollcall_gaps: ["count==0"],
  });
  expect(judgedBy(["joinVisible"], ["edge-1"])).toHaveLength(1);
});

describe("the result", () => {
  it("passes when all is met, and holds only series in our own terms", () => {
    const result = resultOf(good, about);
    expect(result).toMatchObject({ passed: true, seconds: 15 });
    expect(Object.keys(result.metrics)).not.toContain("ws_msgs_sent");
    expect(tableOf(result).at(-1)).toBe("passed: all 4 objectives");
  });

  it("names what was missed", () => {
    const result = resultOf(data({ ...good.metrics, rollcall_gaps: counter(3, false) }), about);
    expect(result.passed).toBe(false);
    expect(tableOf(result).at(-1)).toBe("FAILED: gaps (rollcall_gaps)");
  });

  it("fails a time that was never taken", () => {
    const result = resultOf(data({ rollcall_gaps: counter(0, true) }), about);
    expect(result.verdicts.map(({ title, passed }) => [title, passed])).toEqual([
      ["join visible to the others", false],
      ["gaps", true],
    ]);
    expect(tableOf(result).join("\n")).toContain("no samples");
  });

  it("is a table that can be read", () => {
    expect(tableOf(resultOf(good, about))).toEqual([
      "",
      "presence, smoke: 20 clients, 2 edges, 15 s",
      "",
      "objective                           bound  measured  samples",
      "join visible to the others  p99 <= 250 ms     41 ms       40  pass",
      "  through edge-1            p99 <= 250 ms     30 ms       40  pass",
      "  through edge-2            p99 <= 250 ms     41 ms       40  pass",
      "gaps                                 none         0           pass",
      "",
      "passed: all 4 objectives",
    ]);
  });
});

describe("the files", () => {
  const files = summarize(good, about);

  it("are a table, JSON and a page", () => {
    expect(Object.keys(files)).toEqual(["stdout", "out/presence-smoke.json", "out/presence-smoke.html"]);
    expect(JSON.parse(files["out/presence-smoke.json"] as string)).toMatchObject({ passed: true });
  });

  it("the page has a plot per time, a curve per edge, and fetches nothing", () => {
    const page = files["out/presence-smoke.html"] as string;
    expect(page.match(/<svg /g)).toHaveLength(1);
    expect(page.match(/<polyline /g)).toHaveLength(3);
    expect(page).not.toMatch(/<script|<link|src=|href=|NaN/);
    expect(page).toContain("http://b:2/&lt;x&gt;");
  });
});
