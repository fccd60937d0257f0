import { describe, expect, it } from "vitest";
import { ask, type Breaker, CLOSED, tell } from "./breaker.ts";

const rules = { failures: 3, openMs: 100 };
const fail = (times: number, nowMs: number) => {
  let breaker: Breaker = CLOSED;
  for (let i = 0; i < times; i++) breaker = tell(breaker, false, rules, nowMs);
  return breaker;
};

describe("the breaker", () => {
  it("opens after failures in a row, not after scattered ones", () => {
    expect(fail(2, 0).state).toBe("closed");
    expect(fail(3, 0)).toEqual({ state: "open", untilMs: 100 });
    expect(tell(tell(fail(2, 0), true, rules, 0), false, rules, 0)).toEqual({ state: "closed", failures: 1 });
  });

  it("lets nobody through while it is open, then one", () => {
    const open = fail(3, 0);
    expect(ask(open, rules, 40)).toEqual({ next: open, waitMs: 60 });
    const probing = ask(open, rules, 100);
    expect(probing).toEqual({ next: { state: "probing", untilMs: 200 }, waitMs: 0 });
    expect(ask(probing.next, rules, 150).waitMs).toBe(50);
  });

  it("closes when the one succeeds, and stays open when it fails or never tells", () => {
    const { next } = ask(fail(3, 0), rules, 100);
    expect(tell(next, true, rules, 110)).toEqual(CLOSED);
    expect(tell(next, false, rules, 110)).toEqual({ state: "open", untilMs: 210 });
    expect(ask(next, rules, 200).waitMs).toBe(0);
  });
});
