import { describe, expect, it } from "vitest";
import { describeResult } from "../commands/demo.ts";
import type { Publication } from "./plan.ts";
import { percentile, Tally } from "./tally.ts";

const publication = (id: string, arrives: boolean): Publication => ({
  id,
  mid: `m-${id}`,
  subject: "events.github.star.created",
  type: "com.github.star.created",
  data: {},
  expected: arrives ? { arrives, namespace: "/", event: "star:created", room: "repo:a" } : { arrives },
});

function tallyOf(...arrives: boolean[]) {
  const publications = arrives.map((each, i) => publication(String(i + 1), each));
  const tally = new Tally(publications, ["edge-1", "edge-2"]);
  for (const { id } of publications) tally.published(id, 100);
  return tally;
}

describe("the tally", () => {
  it("closes what arrived on both edges, once each", () => {
    const tally = tallyOf(true);
    expect(tally.arrived("m-1", "edge-1", 105)).toBe(true);
    expect(tally.arrived("m-1", "edge-1", 106)).toBe(false);
    expect(tally.open).toBe(1);
    expect(tally.summary().missing).toEqual([{ id: "1", type: "com.github.star.created", edges: ["edge-2"] }]);
    tally.arrived("m-1", "edge-2", 107);
    expect(tally.open).toBe(0);
    expect(tally.summary()).toMatchObject({
      declared: 1,
      missing: [],
      edges: [
        { edge: "edge-1", delivered: 1, p50Ms: 5, p99Ms: 5 },
        { edge: "edge-2", delivered: 1, p50Ms: 7, p99Ms: 7 },
      ],
      slowest: { id: "1", ms: 7 },
    });
  });

  it("closes what is not declared by its dead letter, and only that", () => {
    const tally = tallyOf(false, true);
    tally.dead("1", "undeclared");
    tally.dead("2", "payload");
    expect(tally.open).toBe(1);
    const { deadLetters, missing } = tally.summary();
    expect(deadLetters).toEqual({ undeclared: 1, payload: 1 });
    expect(missing.map(({ id }) => id)).toEqual(["2"]);
  });

  it("does not count what others publish, or what was never sent", () => {
    const tally = new Tally([publication("1", true)], ["edge-1"]);
    expect(tally.arrived("m-1", "edge-1", 1)).toBe(false);
    expect(tally.arrived("other", "edge-1", 1)).toBe(false);
    expect(tally.dead("other", "payload")).toBe(false);
    expect(tally.summary()).toMatchObject({ published: 0, missing: [] });
  });

  it("takes percentiles by nearest rank", () => {
    const values = Array.from({ length: 200 }, (_, i) => i + 1);
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile([7.04], 0.99)]).toEqual([100, 198, 7]);
  });

  it("is told as a table, with what is missing below", () => {
    const tally = tallyOf(true, false);
    tally.arrived("m-1", "edge-1", 105);
    tally.dead("2", "undeclared");
    expect(describeResult({ contracts: "c", ...tally.summary() })).toEqual([
      "                         events  p50 ms  p99 ms",
      "published                     2",
      "declared                      1",
      "arrived on edge-1             1  5       5",
      "arrived on edge-2             0",
      "dead letter: undeclared       1",
      "",
      "1 missing:",
      "  1  com.github.star.created  not on edge-2",
    ]);
  });
});
