/** The scripts and their twin, the pure core, are the same machine. */

import { type RedisServer, startRedis } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Run } from "./differential.ts";
import { redisWorld, twinWorld } from "./worlds.ts";

/** Seeds that once found a difference, then a range. */
const KEPT: number[] = [];
const SEEDS = [...KEPT, ...Array.from({ length: 8 }, (_, i) => i + 1)];
const STEPS = 60;

let server: RedisServer;
let client: Redis;
beforeAll(async () => {
  server = await startRedis();
  client = server.connect();
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

test.each(SEEDS)("[P11][P8] seed %i: twin and scripts agree on every result, message and read", async (seed) => {
  const run = new Run([twinWorld(), redisWorld(client, `seed-${seed}`)], seed);
  try {
    await run.run(STEPS);
  } catch (error) {
    expect.soft(run.trace.slice(-12).join("\n"), "the last steps").toBe("");
    throw error;
  }
});
