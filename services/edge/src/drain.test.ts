import { ManualClock, seededRandom } from "@rollcall/runtime";
import { describe, expect, it } from "vitest";
import { drain, planDrain } from "./drain.ts";

const random = () => seededRandom("drain").float();

describe("drain", () => {
  it("closes everyone once, in even slices within the time", () => {
    const items = Array.from({ length: 1_000 }, (_, i) => i);
    const { slices } = planDrain(items, 2_000, random);
    expect(slices.flatMap((slice) => slice.items).toSorted((a, b) => a - b)).toEqual(items);
    expect(new Set(slices.map((slice) => slice.items.length))).toEqual(new Set([50]));
    expect(slices.at(-1)!.atMs).toBe(2_000);
  });

  it("closes in another order than that in which they came, any order alike", () => {
    const orders = new Map<string, number>();
    const { float } = seededRandom("orders");
    for (let i = 0; i < 6_000; i++) {
      const order = planDrain(["a", "b", "c"], 300, () => float())
        .slices.flatMap(({ items }) => items)
        .join("");
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect([...orders.keys()].toSorted()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
    for (const count of orders.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it("closes the first ones after one slice, and all at once when there is no time for two", () => {
    expect(planDrain(["a", "b"], 200, () => 0).slices.map(({ atMs }) => atMs)).toEqual([100, 200]);
    expect(planDrain(["a", "b"], 199, () => 0).slices).toEqual([{ atMs: 100, items: ["b", "a"] }]);
    expect(planDrain(["a"], 0, () => 0).slices).toEqual([{ atMs: 100, items: ["a"] }]);
  });

  it("needs no time for nobody", () => {
    expect(planDrain([], 10_000, random).slices).toEqual([]);
  });

  it("tells everyone before it closes the first, and keeps what it told", async () => {
    const clock = new ManualClock();
    const told = new Map<string, number>();
    const closed = new Map<string, number>();
    const plan = planDrain(["a", "b", "c", "d"], 400, random);
    const done = drain(
      plan,
      {
        tell: (item, ms) => told.set(item, ms),
        close: (item) => {
          expect(told.size).toBe(4);
          closed.set(item, clock.monotonic());
        },
      },
      clock,
    );
    await clock.advance(400);
    await done;
    expect(closed).toEqual(told);
  });
});
