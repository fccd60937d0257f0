/** A Redis primary with replicas, watched by Sentinels that fail over by themselves: how Redis is made available without a cloud. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { processEnv } from "@rollcall/runtime";
import { Redis } from "ioredis";
import { type RedisServer, startRedis } from "./redis-server.ts";
import { type ServerHandle, startServer } from "./server-process.ts";
import { waitFor } from "./wait-for.ts";

export interface RedisSentinelOptions {
  /** Default 1. */
  replicas?: number;
  /** Default 1; a majority of them agrees on a failover. */
  sentinels?: number;
  /** Name of the primary. Default `rollcall`. */
  name?: string;
  /** After how long without an answer the primary counts as down. Default 500 ms. */
  downAfterMs?: number;
  /** Of every Redis. Default false. */
  appendonly?: boolean;
}

export interface RedisSentinel extends AsyncDisposable {
  readonly name: string;
  /** `host:port` of each, comma-separated: `REDIS_SENTINELS`. */
  readonly addresses: string;
  /** All of them, the first primary first: kill, pause and restart them as any other. One that returns is made a replica. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly ServerHandle[];
  /** Whom the Sentinels call primary now. */
  primary(): Promise<RedisServer>;
  /** Resolves when another one than `old` is primary and says so itself. */
  failedOver(old: RedisServer, timeoutMs?: number): Promise<RedisServer>;
  /** A planned failover, and its end. Clients' connections to the old primary are cut. */
  failover(): Promise<RedisServer>;
  close(): Promise<void>;
}

const FAILOVER_TIMEOUT_MS = 20_000;
/** A vote that nobody won is repeated after twice this time. */
const FAILOVER_STEP_MS = 1_000;
/**
 * Sentinels look at their servers every 10 s, greet each other every 2 s, and trust nothing for 30 s after they were
 * held up themselves; tests need not wait for that. Pings stay as they are: no replica is trusted whose news is older than
 * five of them, and while the primary is down it comes once a second.
 */
const SHORT_PERIODS = [
  ...["info-period", "250", "publish-period", "250"],
  ...["ask-period", "100", "tilt-trigger", "10000", "tilt-period", "1000"],
];

export async function startSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const { replicas = 1, sentinels = 1, name = "rollcall", downAfterMs = 500, appendonly = false } = options;
  // Each may come to be primary; by default one waits 5 s for more replicas before it feeds the first.
  const prompt = ["--repl-diskless-sync-delay", "0"];
  const first = await startRedis({ appendonly, args: prompt });
  const servers = [first];
  const watchers: ServerHandle[] = [];
  const close = async () => {
    await Promise.all([...watchers, ...servers].map((server) => server.close()));
  };
  try {
    const args = [...prompt, "--replicaof", "127.0.0.1", String(first.port)];
    servers.push(...(await Promise.all(Array.from({ length: replicas }, () => startRedis({ appendonly, args })))));
    await waitFor(() => ask(first.port, async (redis) => (await onlineReplicas(redis)) === replicas), {
      timeoutMs: FAILOVER_TIMEOUT_MS,
      what: "replicas to be in step",
    });
    const quorum = Math.floor(sentinels / 2) + 1;
    const watched = { name, port: first.port, quorum, downAfterMs };
    for (let i = 0; i < sentinels; i++) watchers.push(await startWatcher(watched));
    await waitFor(async () => (await knowledge(watchers, name)).every((known) => known >= replicas + sentinels - 1), {
      timeoutMs: FAILOVER_TIMEOUT_MS,
      what: "the sentinels to know replicas and each other",
    });
  } catch (error) {
    await close();
    throw error;
  }

  const serverAt = (port: number) => servers.find((server) => server.port === port) as RedisServer;
  const primaryPort = () =>
    ask((watchers[0] as ServerHandle).port, async (sentinel) => {
      const address = (await sentinel.call("SENTINEL", "get-master-addr-by-name", name)) as [string, string];
      return Number(address[1]);
    });
  const self: RedisSentinel = {
    name,
    addresses: watchers.map(({ port }) => `127.0.0.1:${port}`).join(","),
    servers,
    sentinels: watchers,
    primary: async () => serverAt(await primaryPort()),
    failedOver: (old, timeoutMs = FAILOVER_TIMEOUT_MS) =>
      waitFor(
        async () => {
          const port = await primaryPort();
          return port !== old.port && (await isPrimary(port)) ? serverAt(port) : undefined;
        },
        { timeoutMs, what: "another primary" },
      ),
    async failover() {
      const old = await self.primary();
      const begun = () =>
        ask((watchers[0] as ServerHandle).port, async (sentinel) => {
          return (await sentinel.call("SENTINEL", "failover", name)) === "OK";
        });
      // Refused until a replica is known well enough to be promoted.
      await waitFor(begun, { timeoutMs: FAILOVER_TIMEOUT_MS, what: "a failover to begin" });
      return self.failedOver(old);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return self;
}

interface Watched {
  name: string;
  port: number;
  quorum: number;
  downAfterMs: number;
}

/** A Sentinel writes what it learns into its configuration file, so that it needs one of its own. */
function startWatcher({ name, port, quorum, downAfterMs }: Watched): Promise<ServerHandle> {
  return startServer({
    name: "sentinel",
    url: (at) => `redis://127.0.0.1:${at}`,
    command: (at, folder) => {
      const file = join(folder, "sentinel.conf");
      const lines = [
        `port ${at}`,
        "bind 127.0.0.1",
        `dir ${folder}`,
        `sentinel monitor ${name} 127.0.0.1 ${port} ${quorum}`,
        `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
        `sentinel failover-timeout ${name} ${FAILOVER_STEP_MS}`,
      ];
      writeFileSync(file, `${lines.join("\n")}\n`);
      return { command: processEnv().REDIS_SERVER_BIN ?? "redis-server", args: [file, "--sentinel"] };
    },
    answers: (at) => ask(at, async (sentinel) => (await sentinel.call("SENTINEL", "DEBUG", ...SHORT_PERIODS)) === "OK"),
  });
}

async function onlineReplicas(redis: Redis): Promise<number> {
  return (await redis.info("replication")).match(/^slave\d+:.*state=online/gm)?.length ?? 0;
}

const isPrimary = (port: number) =>
  ask(port, async (redis) => (await redis.info("replication")).includes("role:master"));

/** Per Sentinel: how many replicas and other Sentinels it knows. */
function knowledge(watchers: readonly ServerHandle[], name: string): Promise<number[]> {
  return Promise.all(
    watchers.map(({ port }) =>
      ask(port, async (sentinel) => {
        const fields = (await sentinel.call("SENTINEL", "master", name)) as string[];
        const value = (field: string) => Number(fields[fields.indexOf(field) + 1]);
        return value("num-slaves") + value("num-other-sentinels");
      }),
    ),
  );
}

async function ask<T>(port: number, use: (client: Redis) => Promise<T>): Promise<T> {
  const options = { lazyConnect: true, retryStrategy: null, enableReadyCheck: false };
  const client = new Redis({ host: "127.0.0.1", port, ...options });
  client.on("error", () => {}); // the command rejects with it
  try {
    await client.connect();
    return await use(client);
  } finally {
    client.disconnect();
  }
}
