import fc from "fast-check";
import { expect, it } from "vitest";
import { TimerList } from "./timer-list.ts";

it("runs what is due, in the order of time, each once", () => {
  const timers = new TimerList();
  const ran: string[] = [];
  timers.add(30, () => ran.push("c"));
  timers.add(10, () => ran.push("a"));
  timers.add(20, () => ran.push("b"));
  timers.runDue(9);
  expect(ran).toEqual([]);
  timers.runDue(20);
  timers.runDue(20);
  expect(ran).toEqual(["a", "b"]);
  timers.runDue(99);
  expect(ran).toEqual(["a", "b", "c"]);
  expect(timers.size).toBe(0);
});

it("what was cancelled does not run, not even when it is cancelled by one that ran just before", () => {
  const timers = new TimerList();
  const ran: string[] = [];
  const late = timers.add(20, () => ran.push("late"));
  timers.add(10, () => timers.cancel(late));
  timers.cancel(timers.add(5, () => ran.push("early")));
  timers.runDue(50);
  expect(ran).toEqual([]);
});

it("one that is added by another runs at its own time", () => {
  const timers = new TimerList();
  const ran: number[] = [];
  timers.add(10, () => timers.add(30, () => ran.push(30)));
  timers.runDue(20);
  expect(ran).toEqual([]);
  timers.runDue(30);
  expect(ran).toEqual([30]);
});

it("one that is added by another and due at once waits for the next time, so that a circle of them ends", () => {
  const timers = new TimerList();
  let runs = 0;
  const again = () => {
    runs++;
    timers.add(0, again);
  };
  timers.add(0, again);
  timers.runDue(10);
  expect(runs).toBe(1);
  timers.runDue(10);
  expect(runs).toBe(2);
});

it("runs any number of them in the order of time, without the cancelled", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ dueMs: fc.nat(100), cancelled: fc.boolean() })), fc.nat(100), (planned, nowMs) => {
      const timers = new TimerList();
      const ran: number[] = [];
      for (const { dueMs, cancelled } of planned) {
        const timer = timers.add(dueMs, () => ran.push(dueMs));
        if (cancelled) timers.cancel(timer);
      }
      const kept = planned.filter(({ cancelled }) => !cancelled).map(({ dueMs }) => dueMs);
      timers.runDue(nowMs);
      expect(ran).toEqual(kept.filter((dueMs) => dueMs <= nowMs).sort((a, b) => a - b));
      expect(timers.size).toBe(kept.length - ran.length);
      timers.runDue(100);
      expect(ran).toEqual(kept.sort((a, b) => a - b));
    }),
  );
});
