/** A Redis and a NATS for the tests of one file, and a connection to each. */

import type { NatsConnection } from "@nats-io/nats-core";
import { type NatsServer, type RedisServer, startNats, startRedis } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";

/** They are there once the hooks and tests of the file run. */
export interface Servers {
  redisServer: RedisServer;
  natsServer: NatsServer;
  redis: Redis;
  nc: NatsConnection;
  /** As a replica is told. */
  urls(): { redisUrl: string; natsUrl: string };
}

export function startServers(): Servers {
  const servers = {
    urls: () => ({ redisUrl: servers.redisServer.url, natsUrl: servers.natsServer.url }),
  } as Servers;
  beforeAll(async () => {
    [servers.redisServer, servers.natsServer] = await Promise.all([startRedis(), startNats()]);
    servers.redis = servers.redisServer.connect();
    servers.redis.on("error", () => {}); // some tests take the server away
    servers.nc = await servers.natsServer.connect();
  });
  afterAll(async () => {
    servers.redis.disconnect();
    await servers.nc.close();
    await Promise.all([servers.redisServer.stop(), servers.natsServer.stop()]);
  });
  return servers;
}
