import { seededRandom } from "@rollcall/runtime";
import { describe, expect, it } from "vitest";
import { ask, type Breaker, type BreakerRules, CLOSED, tell, waitMs } from "./breaker.ts";

const rules: BreakerRules = { failures: 3, minPauseMs: 100, maxPauseMs: 800, probeMs: 1_000 };
const random = seededRandom(1);
const fail = (times: number, nowMs: number, breaker: Breaker = CLOSED) => {
  let next = breaker;
  for (let i = 0; i < times; i++) next = tell(next, false, rules, nowMs, random);
  return next;
};

describe("the breaker", () => {
  it("opens after failures in a row, not after scattered ones", () => {
    expect(fail(2, 0).state).toBe("closed");
    expect(fail(3, 0).state).toBe("open");
    expect(fail(1, 0, tell(fail(2, 0), true, rules, 0, random))).toEqual({ state: "closed", failures: 1 });
  });

  it("lets nobody through while it is open, then one, and the others look again soon", () => {
    const open = fail(3, 0);
    expect(ask(open, rules, 40)).toEqual({ next: open, waitMs: waitMs(open, rules, 40) });
    expect(waitMs(open, rules, 40)).toBeGreaterThan(0);
    const probing = ask(open, rules, 100);
    expect(probing).toMatchObject({ next: { state: "probing", untilMs: 1_100 }, waitMs: 0 });
    expect(ask(probing.next, rules, 150)).toEqual({ next: probing.next, waitMs: 100 });
  });

  it("closes when the probe succeeds, and lets another one through when it never tells", () => {
    const { next } = ask(fail(3, 0), rules, 100);
    expect(tell(next, true, rules, 110, random)).toEqual(CLOSED);
    expect(ask(next, rules, 1_100)).toMatchObject({ next: { state: "probing" }, waitMs: 0 });
  });

  it("pauses longer after each probe that fails, at random within a half, and never beyond its bound", () => {
    let breaker = fail(3, 0);
    let nowMs = 0;
    for (const [probes, wholeMs] of [100, 200, 400, 800, 800, 800].entries()) {
      expect(breaker).toMatchObject({ state: "open", probes });
      const pauseMs = waitMs(breaker, rules, nowMs);
      expect(pauseMs).toBeGreaterThanOrEqual(wholeMs / 2);
      expect(pauseMs).toBeLessThanOrEqual(wholeMs);
      expect(Number.isInteger(pauseMs)).toBe(true);
      nowMs += pauseMs;
      breaker = fail(1, nowMs, ask(breaker, rules, nowMs).next);
    }
  });

  it("takes a failure that began before it opened for nothing new, a success for what it is", () => {
    const open = fail(3, 0);
    expect(fail(5, 10, open)).toBe(open);
    expect(tell(open, true, rules, 10, random)).toEqual(CLOSED);
  });
});
