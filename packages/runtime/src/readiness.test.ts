import { deepEqual, equal } from "node:assert/strict";
import { test } from "vitest";
import { ManualClock } from "./manual-clock.ts";
import type { Need } from "./needs.ts";
import { createReadiness } from "./readiness.ts";

const ROUND_MS = 200;
const WELL: readonly Need[] = [];

function setUp(first = true) {
  const clock = new ManualClock();
  const world: { answer: () => readonly Need[] | Promise<readonly Need[]> } = {
    answer: () => (first ? WELL : ["redis"]),
  };
  const readiness = createReadiness({ check: () => world.answer(), clock });
  const rounds = (count: number) => clock.advance(count * ROUND_MS);
  return { clock, world, readiness, rounds };
}

test("not ready before the first check, ready after one success", async () => {
  const { readiness, rounds } = setUp();
  equal(readiness.isReady(), false);
  equal(readiness.wasReady(), false);
  await rounds(0);
  equal(readiness.isReady(), true);
  equal(readiness.wasReady(), true);
});

test("two failures in a row change nothing, three do; then two successes bring it back", async () => {
  const { readiness, rounds, world } = setUp();
  await rounds(0);
  world.answer = () => ["redis"];
  await rounds(2);
  equal(readiness.isReady(), true);
  world.answer = () => WELL;
  await rounds(1);
  world.answer = () => ["redis"];
  await rounds(2);
  equal(readiness.isReady(), true, "a success in between starts the count anew");
  await rounds(1);
  equal(readiness.isReady(), false);
  world.answer = () => WELL;
  await rounds(1);
  equal(readiness.isReady(), false);
  await rounds(1);
  equal(readiness.isReady(), true);
  equal(readiness.wasReady(), true);
});

test("a check that throws, rejects or hangs is a failure", async () => {
  const { readiness, rounds, world } = setUp();
  await rounds(0);
  world.answer = () => {
    throw new Error("no");
  };
  await rounds(1);
  world.answer = () => Promise.reject(new Error("no"));
  await rounds(1);
  equal(readiness.isReady(), true);
  world.answer = () => new Promise(() => {});
  await rounds(6);
  equal(readiness.isReady(), false);
});

test("draining is at once and for ever", async () => {
  const { readiness, rounds } = setUp();
  await rounds(1);
  readiness.setDraining();
  equal(readiness.isReady(), false);
  await rounds(5);
  equal(readiness.isReady(), false);
});

test("why it is not ready: what failed last, until it is ready again", async () => {
  const { readiness, rounds, world } = setUp();
  deepEqual(readiness.unmet(), ["starting"]);
  await rounds(0);
  deepEqual(readiness.unmet(), []);
  world.answer = () => ["redis", "nats"];
  await rounds(2);
  deepEqual(readiness.unmet(), [], "one slow check is no reason");
  await rounds(1);
  deepEqual(readiness.unmet(), ["redis", "nats"]);
  world.answer = () => ["nats"];
  await rounds(1);
  deepEqual(readiness.unmet(), ["nats"]);
  world.answer = () => WELL;
  await rounds(1);
  deepEqual(readiness.unmet(), ["nats"], "not ready yet");
  await rounds(1);
  deepEqual(readiness.unmet(), []);
  world.answer = () => new Promise(() => {});
  await rounds(20);
  deepEqual(readiness.unmet(), ["check"]);
  readiness.setDraining();
  deepEqual(readiness.unmet(), ["stopping"]);
});

test("[P16] closing leaves no timer", async () => {
  const { clock, readiness, rounds } = setUp();
  await rounds(1);
  readiness.close();
  equal(clock.pending, 0);
});
