/** The contract over the scripts, on a plain Redis and on one in cluster mode. */

import { type RedisServer, startRedis } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { storeContract } from "./store-contract.ts";
import { redisWorld } from "./worlds.ts";

for (const mode of ["redis", "cluster"] as const) {
  let server: RedisServer;
  let client: Redis;
  let worlds = 0;
  beforeAll(async () => {
    server = await startRedis({ cluster: mode === "cluster" });
    client = server.connect();
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });
  storeContract(mode, (bounds) => redisWorld(client, `w${++worlds}`, bounds));
}
