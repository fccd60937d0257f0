/** The contract over the scripts: on a Redis in cluster mode, and behind Sentinels, through a real failover. */

import { connectRedis, createLogger, type RedisConnection, systemClock } from "@rollcall/runtime";
import { type RedisSentinel, type RedisServer, startRedis, startSentinel, waitFor } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { CELL_CONNECTION } from "../src/redis/connection.ts";
import { storeContract } from "./store-contract.ts";
import { redisWorld, type Server } from "./worlds.ts";

let shard: RedisServer;
let toShard: Redis;
let watched: RedisSentinel;
let toPrimary: RedisConnection;
let worlds = 0;

beforeAll(async () => {
  [shard, watched] = await Promise.all([startRedis({ cluster: true }), startSentinel()]);
  toShard = shard.connect();
  toPrimary = connectRedis({
    url: `redis://${watched.name}`,
    access: { mode: "sentinel", sentinels: watched.addresses.split(","), tls: {}, slotKey: "" },
    overrides: CELL_CONNECTION,
    clock: systemClock,
    logger: createLogger({ service: "test", instance: "test", level: "silent" }),
    name: "contract",
  });
  await toPrimary.ready();
});
afterAll(async () => {
  toShard.disconnect();
  await toPrimary.close();
  await Promise.all([shard.stop(), watched.close()]);
});

let failovers = 0;
/** The first failover is a real one; the others, which take a second each, are another name for the same run. */
const primary: Server = {
  runId: () => `${toPrimary.runId()}-${failovers}`,
  async failover() {
    if (failovers++ > 0) return;
    const before = toPrimary.runId();
    await toPrimary.client.wait(1, 10_000); // what is written is there too: a planned failover
    await watched.failover();
    await waitFor(() => toPrimary.isUp() && toPrimary.runId() !== before, { timeoutMs: 20_000 });
  },
};

storeContract("cluster", (bounds) => redisWorld(toShard, `w${++worlds}`, bounds));
storeContract("sentinel", (bounds) => redisWorld(toPrimary.client, `w${++worlds}`, bounds, primary));
