import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Buckets, newBucket, take, takeAll } from "./bucket.ts";

describe("token bucket", () => {
  it("lets a burst through and then the rate", () => {
    const rule = { perSecond: 5 };
    const bucket = newBucket(rule, 0);
    const passed = (nowMs: number) => take(bucket, rule, nowMs) === 0;
    expect(Array.from({ length: 6 }, () => passed(0))).toEqual([true, true, true, true, true, false]);
    expect(passed(199)).toBe(false);
    expect(passed(400)).toBe(true);
  });

  it("says truly when to try again: not before, and then it passes", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 500, noNaN: true }),
        fc.array(fc.nat({ max: 2_000 }), { maxLength: 50, size: "max" }),
        (perSecond, gaps) => {
          const rule = { perSecond };
          const bucket = newBucket(rule, 0);
          let now = 0;
          for (const gap of gaps) {
            now += gap;
            const waitMs = take(bucket, rule, now);
            if (waitMs === 0) continue;
            if (waitMs > 2) expect(take({ ...bucket }, rule, now + waitMs - 2)).toBeGreaterThan(0);
            expect(take({ ...bucket }, rule, now + waitMs)).toBe(0);
          }
        },
      ),
      { examples: [[0.1, [0, 1_248, 558, 605, 1_451, 484, 405]]] },
    );
  });

  it("does not fill while the clock stands still or goes back", () => {
    const rule = { perSecond: 1 };
    const bucket = newBucket(rule, 1_000);
    expect(take(bucket, rule, 1_000)).toBe(0);
    expect(take(bucket, rule, 500)).toBe(1_000);
  });

  it("of several buckets, one that refuses costs nothing in the others", () => {
    const [wide, narrow] = [{ perSecond: 10 }, { perSecond: 1 }];
    const buckets = [newBucket(wide, 0), newBucket(narrow, 0)] as const;
    const charges = [
      { bucket: buckets[0], rule: wide, cost: 1 },
      { bucket: buckets[1], rule: narrow, cost: 1 },
    ];
    expect(takeAll(charges, 0)).toBe(0);
    expect(takeAll(charges, 0)).toBe(1_000);
    expect(buckets[0].tokens).toBe(9);
  });

  it("what is larger than the bucket passes when it is full", () => {
    const rule = { perSecond: 10, burst: 20 };
    const bucket = newBucket(rule, 0);
    expect(take(bucket, rule, 0, 100)).toBe(0);
    expect(take(bucket, rule, 0, 100)).toBe(2_000);
  });

  it("a name has one bucket, which follows the newest rule of that name", () => {
    const buckets = new Buckets();
    const slow = { perSecond: 1 };
    const bucket = buckets.of("a", slow, 0);
    expect(take(bucket, slow, 0)).toBe(0);
    expect(buckets.of("a", { perSecond: 1_000 }, 0)).toBe(bucket);
    buckets.prune(1);
    expect(buckets.size).toBe(1); // a thousandth of a second gave it one of its thousand
    buckets.prune(1_000);
    expect(buckets.size).toBe(0);
    expect(buckets.of("a", slow, 1_000)).not.toBe(bucket);
  });

  it("[P16] buckets that are full again are forgotten", () => {
    const rule = { perSecond: 10 };
    const buckets = new Buckets();
    take(buckets.of("a", rule, 0), rule, 0);
    buckets.prune(50);
    expect(buckets.size).toBe(1);
    buckets.prune(100);
    expect(buckets.size).toBe(0);
  });
});
