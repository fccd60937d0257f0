/** What Redis is asked for, counted by Redis itself: batches and leases are paid for, idle connections are not. */

import type { LaneOp } from "@rollcall/contracts/internal";
import { type RedisServer, startRedis } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ref } from "./replica.ts";
import { redisWorld, type World } from "./worlds.ts";

const SESSIONS = 400;
/** lane-calls.ts. */
const OPS_IN_ONE_CALL = 16;

let server: RedisServer;
let client: Redis;
let world: World;
beforeAll(async () => {
  server = await startRedis();
  client = server.connect();
  world = redisWorld(client, "cost");
  await world.at(Date.UTC(2026, 0, 1));
  await world.store.hello("edge-1");
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

/** Every command Redis ran while `run` ran, those of scripts included, and how often. */
async function commands(run: () => Promise<unknown>): Promise<Record<string, number>> {
  await client.config("RESETSTAT");
  await run();
  const stats = await client.info("commandstats");
  const counts = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, n]) => [name, Number(n)] as const);
  return Object.fromEntries(counts.filter(([name]) => name !== "config|resetstat" && name !== "info"));
}

/** Script calls of Redis while `run` runs. */
async function calls(run: () => Promise<unknown>): Promise<number> {
  const count = async () => {
    const stats = await client.info("commandstats");
    return [...stats.matchAll(/^cmdstat_evalsha:calls=(\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  };
  const before = await count();
  await run();
  return (await count()) - before;
}

test("a batch costs a call per 16 operations; with its sessions idle, an edge costs its lease and its digest", async () => {
  const users = Array.from({ length: SESSIONS }, (_, i) => ref(`u${i}`));
  const opens = users.map((one, i): LaneOp => ({ op: "open", ref: one, issuedAtMs: 1, expiresAtMs: 2, n: i + 1 }));
  await world.store.lane("edge-1", opens.slice(0, 1)); // loads the script
  const opened: number[] = [];
  expect(
    await calls(async () => {
      const outcome = await world.store.lane("edge-1", opens);
      if (outcome.status !== "OK") throw new Error(outcome.status);
      for (const result of outcome.results) opened.push(result.kind === "open" ? result.incarnation : 0);
    }),
  ).toBe(SESSIONS / OPS_IN_ONE_CALL);
  const joins = users.map(
    (one, i): LaneOp => ({
      op: "join",
      ref: one,
      incarnation: opened[i]!,
      room: "a",
      rules: { retainMs: 0 },
      observe: false,
      n: SESSIONS + i + 1,
    }),
  );
  expect(await calls(() => world.store.lane("edge-1", joins))).toBe(SESSIONS / OPS_IN_ONE_CALL);
  // A minute: 30 leases and 2 digests, of an edge with 400 sessions as of one with none.
  await world.store.lease("edge-1");
  const minute = async () => {
    for (let i = 0; i < 30; i++) await world.store.lease("edge-1");
    for (let i = 1; i <= 2; i++) {
      const n = 2 * SESSIONS + i;
      await world.store.lane("edge-1", [{ op: "digest", digest: { count: 0, x1: 0, x2: 0 }, n }]);
    }
  };
  expect(await calls(minute)).toBe(32);
});

test("reading one who hides, one who went and one who never was is the same work", async () => {
  await world.store.hello("edge-2");
  const open = (user: string, n: number): LaneOp => ({ op: "open", ref: ref(user), issuedAtMs: 1, expiresAtMs: 2, n });
  const outcome = await world.store.lane("edge-2", [
    { ...open("hidden", 1), presence: { status: "invisible" } } as LaneOp,
    open("gone", 2),
  ]);
  const gone = outcome.status === "OK" ? outcome.results[1] : undefined;
  if (gone?.kind !== "open") throw new Error("not opened");
  const { incarnation } = gone;
  await world.store.lane("edge-2", [{ op: "close", ref: ref("gone"), incarnation, how: "leave", n: 3 }]);
  await world.store.users("main", ["nobody"]); // loads the script
  const [hidden, went, never] = [
    await commands(() => world.store.users("main", ["hidden"])),
    await commands(() => world.store.users("main", ["gone"])),
    await commands(() => world.store.users("main", ["nobody"])),
  ];
  expect(hidden).toEqual(never);
  expect(went).toEqual(never);
  expect(never!.zrangebylex).toBe(1);
});

test("with nothing due, a sweep only looks", async () => {
  const idle = redisWorld(client, "idle");
  await idle.at(Date.UTC(2026, 0, 1));
  await idle.store.hello("edge-1");
  const sweep = () => idle.store.sweep({ well: true, brake: undefined });
  await sweep(); // loads the script
  expect(await commands(sweep)).toEqual({ evalsha: 1, hmget: 1, get: 1, zcount: 7, exists: 1, zcard: 1 });
});
