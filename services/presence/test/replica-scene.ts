/** Replicas on real servers, for the tests of one file: each test has an installation of its own. */

import type { NatsConnection } from "@nats-io/nats-core";
import { type Contracts, subjectsOf } from "@rollcall/contracts";
import { decodeEntry, keysOf } from "@rollcall/fanout";
import { request } from "@rollcall/runtime";
import { type NatsServer, type RedisServer, startNats, startRedis } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { anyRoom, type Replica, startReplica } from "./replica.ts";

export interface Scene {
  readonly redis: Redis;
  readonly nc: NatsConnection;
  readonly install: string;
  /** Edges here renew no leases, unless leases are what it is about. */
  replica(instance?: string, contracts?: Contracts, leaseMs?: number): Promise<Replica>;
  /** A backend's request. */
  ask<T>(name: string, body: unknown): Promise<T>;
  log(): Promise<NonNullable<ReturnType<typeof decodeEntry>>[]>;
  /** Payloads of the log's entries of that name. */
  // biome-ignore lint/suspicious/noExplicitAny: payloads of many shapes, read by expectations only
  packets(event: string): Promise<any[]>;
}

export function replicaScene(): Scene {
  let redisServer: RedisServer;
  let natsServer: NatsServer;
  let redis: Redis;
  let nc: NatsConnection;
  let install: string;
  let count = 0;
  const replicas: Replica[] = [];

  beforeAll(async () => {
    [redisServer, natsServer] = await Promise.all([startRedis(), startNats()]);
    redis = redisServer.connect();
    nc = await natsServer.connect();
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    redis.disconnect();
    await nc.close();
    await Promise.all([redisServer.stop(), natsServer.stop()]);
  });
  beforeEach(() => {
    install = `t${++count}`;
  });

  const log = async () => {
    const entries = await redis.xrange(keysOf(install, "c0").log(0), "-", "+");
    return entries.map(([, fields]) => decodeEntry(fields)!);
  };
  return {
    get redis() {
      return redis;
    },
    get nc() {
      return nc;
    },
    get install() {
      return install;
    },
    async replica(instance = "presence-1", contracts = anyRoom(), leaseMs = 60_000) {
      const servers = { redisUrl: redisServer.url, natsUrl: natsServer.url };
      const started = await startReplica({ ...servers, install, instance, contracts, bounds: { leaseMs } });
      replicas.push(started);
      return started;
    },
    ask: (name, body) => request(nc, subjectsOf(install).request("main", name), body, { timeoutMs: 3_000 }),
    log,
    packets: async (event) =>
      (await log()).filter((entry) => entry.event === event).map((entry) => JSON.parse(entry.packetJson)[1]),
  };
}
