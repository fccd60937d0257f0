/** One log on a Redis of its own, for the tests of what is appended to it and of who follows it. */

import { type RedisServer, startRedis, waitFor } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { createFanoutLog, decodeEntry, type FanoutLog, keysOf } from "../src/index.ts";
import { AT, type Follower, INSTALL, message } from "./follow.ts";

export const KEY = keysOf(INSTALL, AT.cell).log(AT.partition);

/** For the tests of a file: what is there once they run. */
export interface LogScene {
  server: RedisServer;
  redis: Redis;
  log: FanoutLog;
  append(...mids: string[]): Promise<void>;
  /** What the log holds, but for what followers of other tests may still write to be heard. */
  logged(): Promise<string[]>;
}

/** Starts it before the tests of the file that calls, and empties it before each. */
export function logScene(): LogScene {
  const scene = {
    append: async (...mids) => {
      for (const mid of mids) await scene.log.append(AT, message(mid));
    },
    logged: async () =>
      (await scene.redis.xrange(KEY, "-", "+")).flatMap(([, fields]) => decodeEntry(fields)?.mid ?? []),
  } as LogScene;
  beforeAll(async () => {
    scene.server = await startRedis();
    scene.redis = scene.server.connect();
    scene.redis.on("error", () => {}); // tests take the server away
    scene.log = createFanoutLog(scene.redis, { install: INSTALL });
  });
  afterAll(async () => {
    scene.redis.disconnect();
    await scene.server.stop();
  });
  beforeEach(async () => {
    await scene.redis.flushall();
  });
  return scene;
}

export const heard = (follower: Follower, mid: string, timeoutMs = 15_000) =>
  waitFor(() => follower.told.includes(mid), { timeoutMs, what: () => `${mid} (told ${follower.told.join(" ")})` });
