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
