import { describe, expect, test } from "vitest";
import { type Costs, cpuOf, PARTS, WORKS } from "./costs.ts";
import { DEFAULT_LIMITS, planFor } from "./plan.ts";
import { type Traffic, workOf } from "./traffic.ts";

const nothing = Object.fromEntries(PARTS.map((part) => [part, 0]));
/** Costs of nothing but what is given. */
const costs = (given: Partial<Record<keyof typeof WORKS, Partial<Costs["edge"]>>>): Costs =>
  Object.fromEntries(
    Object.keys(WORKS).map((work) => [work, { ...nothing, ...given[work as keyof typeof WORKS] }]),
  ) as unknown as Costs;
const traffic = (given: Partial<Traffic>): Traffic => ({
  users: 1_000,
  rooms: 1,
  roomSize: 10,
  relays: 0,
  events: 0,
  connects: 0,
  ...given,
});

describe("work", () => {
  test("a message reaches the others of its room, an event all, and every edge reads both", () => {
    expect(workOf(traffic({ relays: 7, events: 3 }), 4)).toMatchObject({
      entry: 10,
      append: 10,
      read: 40,
      wake: 40,
      delivery: 7 * 9 + 3 * 10,
      relay: 7,
      event: 3,
    });
  });

  test("who comes into two rooms and goes is told to both, twice, and further edges read it", () => {
    expect(workOf(traffic({ rooms: 2, connects: 5 }), 3)).toMatchObject({
      session: 5,
      join: 10,
      entry: 0,
      read: 2 * 10 * 2,
      wake: 2 * 10 * 2,
      delivery: 2 * 10 * 9,
    });
  });

  test("of many entries most come together", () => {
    expect(workOf(traffic({ relays: 4_000 }), 2)).toMatchObject({
      entry: 4_000,
      append: 500,
      read: 8_000,
      wake: 1_000,
    });
  });

  test("is paid by part", () => {
    const work = workOf(traffic({ relays: 10 }), 2);
    const cpu = cpuOf(work, costs({ relay: { edges: 30, redis: 5 }, read: { edges: 2 }, connection: { edges: 0.5 } }));
    expect(cpu).toEqual({ ...nothing, edges: 300 + 40 + 500, redis: 50 });
  });
});

describe("a plan", () => {
  test("has enough edges for the connections, and one that may stop", () => {
    expect(planFor(traffic({}), costs({}))).toMatchObject({ pools: 1, edges: 2, presence: 2, notifiers: 2 });
    const { connections, share } = DEFAULT_LIMITS;
    expect(planFor(traffic({ users: 5 * connections * share }), costs({}))).toMatchObject({ pools: 1, edges: 5 });
  });

  test("has enough edges for the deliveries, beside what each spends on reading", () => {
    const given = costs({ delivery: { edges: 10 }, read: { edges: 100 } });
    const plan = planFor(traffic({ events: 1_000, roomSize: 400 }), given)!;
    // 4 cores of deliveries; 0.1 core of each edge is for the log, 0.5 for the rest.
    expect(plan).toMatchObject({ pools: 1, edges: 8 });
    expect(plan.cores.edges).toBeCloseTo(4 + 8 * 0.1);
  });

  test.each([
    ["log", { relays: 4_000 }, costs({ read: { edges: 100 } })],
    ["redis", { relays: 4_000 }, costs({ entry: { redis: 200 } })],
    ["notifier", { events: 4_000 }, costs({ event: { notifier: 200 } })],
    ["nats", { events: 4_000 }, costs({ event: { nats: 500 } })],
    ["network", { users: 1_000_000, relays: 100_000 }, costs({})],
  ] as const)("is split into pools at the wall of the %s, and says so", (name, given, of) => {
    const plan = planFor(traffic(given), of)!;
    expect(plan.pools).toBeGreaterThan(1);
    expect(plan.firstWall?.name).toBe(name);
    expect(plan.firstWall!.used).toBeGreaterThan(1);
    expect(plan.walls[0]!.used).toBeLessThanOrEqual(1);
  });

  test("there is none when a room alone is too much", () => {
    expect(planFor(traffic({ users: 10, events: 1e6 }), costs({ read: { edges: 100 } }))).toBeUndefined();
  });
});
