import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "vitest";
import { deadlineAfter } from "./clock.ts";
import { ManualClock } from "./manual-clock.ts";

test("timers run in order of their deadline, then of their making, at their own time", async () => {
  const clock = new ManualClock(1_000);
  const ran: [string, number, number][] = [];
  const note = (name: string) => () => ran.push([name, clock.now(), clock.monotonic()]);
  clock.setTimer(20, note("late"));
  clock.setTimer(10, note("first"));
  clock.setTimer(10, note("second"));
  await clock.advance(15);
  deepEqual(ran, [
    ["first", 1_010, 10],
    ["second", 1_010, 10],
  ]);
  equal(clock.now(), 1_015);
  await clock.advance(5);
  equal(ran.length, 3);
  equal(clock.pending, 0);
});

test("what a timer starts has happened before the next one fires", async () => {
  const clock = new ManualClock();
  const ran: string[] = [];
  clock.setTimer(1, () => {
    void Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => ran.push("promise"));
    clock.setTimer(1, () => ran.push("nested"));
  });
  clock.setTimer(3, () => ran.push("last"));
  await clock.advance(3);
  deepEqual(ran, ["promise", "nested", "last"]);
});

test("a repeating timer runs once per period until cancelled, also by itself", async () => {
  const clock = new ManualClock();
  let runs = 0;
  const timer = clock.setRepeating(10, () => {
    runs++;
    if (runs === 3) timer.cancel();
  });
  await clock.advance(25);
  equal(runs, 2);
  await clock.advance(100);
  equal(runs, 3);
  equal(clock.pending, 0);
});

test("sleep wakes at its time, or rejects with the reason of an abort and leaves nothing behind", async () => {
  const clock = new ManualClock();
  let awake = false;
  const sleeping = clock.sleep(10).then(() => {
    awake = true;
  });
  await clock.advance(9);
  equal(awake, false);
  await clock.advance(1);
  await sleeping;
  const stop = new AbortController();
  const aborted = rejects(clock.sleep(10, stop.signal), /enough/);
  stop.abort(new Error("enough"));
  await aborted;
  await rejects(clock.sleep(10, stop.signal), /enough/);
  equal(clock.pending, 0);
});

test("a jump moves the wall clock alone", async () => {
  const clock = new ManualClock(0);
  let ran = false;
  clock.setTimer(10, () => {
    ran = true;
  });
  clock.jump(86_400_000);
  await clock.advance(9);
  equal(ran, false);
  equal(clock.now(), 86_400_009);
  equal(clock.monotonic(), 9);
});

test("timers that re-arm themselves without end are an error, not a hang", async () => {
  const clock = new ManualClock();
  const again = () => clock.immediate(again);
  clock.immediate(again);
  await rejects(clock.advance(0), /without end/);
});

test("a deadline aborts in time, or with its parent, or leaves nothing when cleared", async () => {
  const clock = new ManualClock();
  const late = deadlineAfter(clock, 10);
  const parent = new AbortController();
  const child = deadlineAfter(clock, 10, parent.signal);
  parent.abort(new Error("stop"));
  equal(child.signal.reason.message, "stop");
  child.clear();
  await clock.advance(9);
  equal(late.signal.aborted, false);
  await clock.advance(1);
  equal(late.signal.reason.name, "TimeoutError");
  deadlineAfter(clock, 10).clear();
  equal(clock.pending, 0);
});
