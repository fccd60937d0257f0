/** Replicas on real servers, for the tests of one file: each test has an installation of its own. */

import { subjectsOf } from "@rollcall/contracts";
import { decodeEntry, keysOf } from "@rollcall/fanout";
import { request } from "@rollcall/runtime";
import { beforeEach } from "vitest";
import { anyRoom, type Replica, startReplica } from "./replica.ts";
import { type Servers, startServers } from "./servers.ts";

/** Edges here renew no leases, unless leases are what it is about. */
type ReplicaOptions = Omit<Parameters<typeof startReplica>[0], "redisUrl" | "natsUrl" | "install">;

export interface Scene {
  readonly servers: Servers;
  readonly install: string;
  /** Stopped when the test is over. */
  replica(options?: ReplicaOptions): Promise<Replica>;
  /** A backend's request. */
  ask<T>(name: string, body: unknown): Promise<T>;
  log(): Promise<NonNullable<ReturnType<typeof decodeEntry>>[]>;
  /** Payloads of the log's entries of that name. */
  // biome-ignore lint/suspicious/noExplicitAny: payloads of many shapes, read by expectations only
  packets(event: string): Promise<any[]>;
}

export function replicaScene(): Scene {
  const servers = startServers();
  let install: string;
  let count = 0;
  let replicas: Replica[] = [];

  beforeEach(() => {
    install = `t${++count}`;
    return async () => {
      await Promise.all(replicas.map((replica) => replica.stop()));
      replicas = [];
    };
  });

  const log = async () => {
    const entries = await servers.redis.xrange(keysOf(install, "c0").log(0), "-", "+");
    return entries.map(([, fields]) => decodeEntry(fields)!);
  };
  return {
    servers,
    get install() {
      return install;
    },
    async replica({ instance = "presence-1", contracts = anyRoom(), bounds = {}, ...more } = {}) {
      const all = { leaseMs: 60_000, ...bounds };
      const started = await startReplica({ ...servers.urls(), install, instance, contracts, ...more, bounds: all });
      replicas.push(started);
      return started;
    },
    ask: (name, body) => request(servers.nc, subjectsOf(install).request("main", name), body, { timeoutMs: 3_000 }),
    log,
    packets: async (event) =>
      (await log()).filter((entry) => entry.event === event).map((entry) => JSON.parse(entry.packetJson)[1]),
  };
}
