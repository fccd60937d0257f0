/** The scripts and their twin, the pure core, held against each other by the same random operations. */

import { type RedisServer, startRedis } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect } from "vitest";
import { Run } from "./differential.ts";
import { redisWorld, twinWorld } from "./worlds.ts";

/** For the tests of one file, which share a server: each seed has an installation of its own. */
export function agreement(): { of(seed: number, steps: number): Promise<void> } {
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
  return {
    async of(seed, steps) {
      const run = new Run([twinWorld(), redisWorld(client, `seed-${seed}`)], seed);
      try {
        await run.run(steps);
      } catch (error) {
        expect.soft(run.trace.slice(-12).join("\n"), "the last steps").toBe("");
        throw error;
      }
    },
  };
}
