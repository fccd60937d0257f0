import { deepEqual, equal } from "node:assert/strict";
import { test } from "vitest";
import { LogRepeats } from "./log-repeats.ts";

const admitted = (repeats: LogRepeats, event: string, times: number, nowMs: number) =>
  Array.from({ length: times }, () => repeats.admit(event, nowMs)).filter((one) => one !== undefined);

test("a hundred at once, then ten a second, and the next one says how many there were", () => {
  const repeats = new LogRepeats();
  equal(admitted(repeats, "a.b", 1_000, 0).length, 100);
  deepEqual(admitted(repeats, "a.b", 50, 1_000), [900, ...Array.from({ length: 9 }, () => 0)]);
  equal(admitted(repeats, "a.b", 1_000, 3_600_000).length, 100);
});

test("each event for itself", () => {
  const repeats = new LogRepeats();
  admitted(repeats, "a.b", 1_000, 0);
  equal(repeats.admit("c.d", 0), 0);
});

test("names without an end are not remembered without an end, and are told", () => {
  const repeats = new LogRepeats();
  for (let i = 0; i < 1_000; i++) repeats.admit(`event.${i}`, 0);
  equal(admitted(repeats, "one.more", 200, 0).length, 200);
  equal(admitted(repeats, "event.1", 200, 0).length, 99);
});
