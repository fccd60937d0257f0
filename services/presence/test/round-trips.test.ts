/**
 * How many round trips of Redis an answer to an edge takes, one after the other. Where Redis is half a second away that
 * number is what its clients wait for, and it must not grow with the batch: an edge whose batches are answered after it
 * has lost its patience repeats them for ever.
 */

import type { LaneOp, LaneReplyData } from "@rollcall/contracts/internal";
import { ManualClock } from "@rollcall/runtime";
import { beforeEach, expect, test } from "vitest";
import { Doors } from "../src/api/doors.ts";
import type { Revocations, Revoked } from "../src/redis/revocations.ts";
import { data, ref } from "./replica.ts";
import { twinWorld } from "./worlds.ts";

const ROUND_TRIP_MS = 500;
const USERS = 100;
const rules = { retainMs: 60_000, history: { size: 10, ttlMs: 60_000 } };

let clock: ManualClock;
let doors: Doors;
let revoked: Revoked;
let n: number;
beforeEach(() => {
  clock = new ManualClock();
  revoked = { userMs: undefined, roomMs: undefined };
  n = 0;
  const revocations: Revocations = { ask: async (asked) => asked.map(() => revoked), record: async () => 0 };
  doors = new Doors({
    store: far(twinWorld().store),
    revocations: far(revocations),
    clock,
    control: () => {},
    repaired: () => {},
  });
});

/** Every call arrives, and is answered, a round trip later. */
function far<T extends object>(near: T): T {
  const call = (name: keyof T) => async (args: unknown[]) => {
    await clock.sleep(ROUND_TRIP_MS);
    return (near[name] as (...args: unknown[]) => unknown).apply(near, args);
  };
  return new Proxy(near, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        call(name as keyof T)(args),
  });
}

async function roundTrips<T>(ask: () => Promise<T>): Promise<{ trips: number; answer: T }> {
  const startedMs = clock.monotonic();
  let endedMs = Number.NaN;
  const asking = ask().finally(() => {
    endedMs = clock.monotonic();
  });
  await clock.advance(1_000 * ROUND_TRIP_MS);
  return { trips: (endedMs - startedMs) / ROUND_TRIP_MS, answer: await asking };
}

const lane = (ops: LaneOp[]) => roundTrips(() => doors.lane({ edge: "edge-1", ops }));
const results = ({ answer }: { answer: LaneReplyData }) => (answer.status === "OK" ? answer.results : []);

/** Everybody is opened, and their joins made: of each into a room of its own and the room of all. */
async function joinsOf(
  users: number,
  more: Partial<Extract<LaneOp, { op: "join" }>> = {},
  called = "user",
): Promise<LaneOp[]> {
  if (n === 0) await roundTrips(() => doors.hello({ edge: "edge-1" }));
  const refs = Array.from({ length: users }, (_, i) => ref(`${called}-${i}`));
  const opened = await lane(
    refs.map((one): LaneOp => ({ op: "open", ref: one, issuedAtMs: 1, expiresAtMs: 2, n: ++n })),
  );
  expect(opened.trips, "who is revoked, the commit").toBe(2);
  return results(opened).flatMap((result, i) =>
    ["doc:all", `doc:${i}`].map((room): LaneOp => {
      const { incarnation } = data(result, "open");
      return { op: "join", ref: refs[i]!, incarnation, room, rules, observe: false, n: ++n, ...more };
    }),
  );
}

test.each([1, USERS])("joins of %i users into new rooms: who is revoked, the commit", async (users) => {
  const joined = await lane(await joinsOf(users));
  expect(joined.trips).toBe(2);
  expect(results(joined).every(({ ok }) => ok)).toBe(true);
});

test.each([1, USERS])("joins of %i users, where others are: also the snapshots", async (users) => {
  await lane(await joinsOf(1, {}, "host"));
  const joined = await lane(await joinsOf(users));
  expect(joined.trips).toBe(3);
  expect(data(results(joined)[0], "join").ack).toMatchObject({ room: "doc:all", count: users + 1 });
});

test.each([1, USERS])("joins of %i users that are repeated: one more", async (users) => {
  const joins = await joinsOf(users);
  await lane(joins);
  const again = await lane(joins);
  expect(again.trips).toBe(4);
  expect(data(results(again)[0], "join").ack).toMatchObject({ room: "doc:all", count: users });
});

test("a version that nothing continues any more: one more", async () => {
  const joins = await joinsOf(USERS, { last: 10 });
  const first = await lane(joins);
  const { ack } = data(results(first)[0], "join");
  const said = joins.map((join): LaneOp => {
    const { ref: one, incarnation, room } = join as Extract<LaneOp, { op: "join" }>;
    const metaJson = JSON.stringify({ id: `m${n}`, ts: "2026-01-01T00:00:00.000Z" });
    const about = { ref: one, incarnation, room, rules, event: "chat:said", id: `c${n}`, dataJson: "1", metaJson };
    return { op: "publish", ...about, history: true, n: ++n };
  });
  await lane(said);
  const have = { epoch: ack.epoch, roster: 0, state: 0, history: 1 };
  const again = await lane(joins.map((join) => ({ ...join, have, n: ++n }) as LaneOp));
  expect(data(results(again)[0], "join").ack).toMatchObject({ resumed: false, history: { seq: USERS } });
  expect(again.trips).toBe(4);
});

test("[A1] an assertion, also a repeated one, takes no more for many sessions than for one", async () => {
  await roundTrips(() => doors.hello({ edge: "edge-1" }));
  const rooms = [{ room: "doc:all", observe: false, rules }];
  const sessions = Array.from({ length: USERS }, (_, i) => {
    return { ref: ref(`user-${i}`), incarnation: 1, issuedAtMs: 1, expiresAtMs: 2, rooms };
  });
  const ops: LaneOp[] = [{ op: "assert", round: "r", sessions, last: true, n: 1 }];
  expect((await lane(ops)).trips).toBe(2);
  const again = await lane(ops);
  expect(again.trips).toBe(3);
  expect(data(results(again)[0], "assert").incarnations.length).toBe(USERS);
});

test("[X3] sessions with something revoked are looked up side by side", async () => {
  const joins = await joinsOf(USERS);
  revoked = { userMs: 0, roomMs: undefined };
  const joined = await lane(joins);
  expect(joined.trips).toBe(3);
  expect(results(joined).every(({ ok }) => ok)).toBe(true);
});
