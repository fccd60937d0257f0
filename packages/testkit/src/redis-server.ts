/** A real Redis of its own for a test. `REDIS_SERVER_BIN` names another binary than `redis-server`. */

import { processEnv } from "@rollcall/runtime";
import { Redis } from "ioredis";
import { type ServerHandle, startServer } from "./server-process.ts";

export interface RedisServerOptions {
  /** Cluster mode, this one server owning every slot. */
  cluster?: boolean;
  /** Data survives `stop` and `kill` (fsync always). Without it a restart begins empty. */
  appendonly?: boolean;
  /** Default: a free one. */
  port?: number;
  /** Further arguments, for example `["--maxmemory", "64mb"]`. */
  args?: readonly string[];
}

export interface RedisServer extends ServerHandle {
  /** A plain client of it; closed by whoever made it. */
  connect(): Redis;
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { cluster = false, appendonly = false, port, args = [] } = options;
  const server = await startServer({
    name: "redis",
    ...(port === undefined ? {} : { port }),
    url: (at) => `redis://127.0.0.1:${at}`,
    command: (at, folder) => ({
      command: processEnv().REDIS_SERVER_BIN ?? "redis-server",
      args: [
        ...["--port", String(at), "--bind", "127.0.0.1", "--dir", folder, "--save", ""],
        ...["--appendonly", appendonly ? "yes" : "no", "--appendfsync", "always"],
        ...(cluster ? ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"] : []),
        ...args,
      ],
    }),
    answers: (at) => withClient(at, async (client) => (await client.ping()) === "PONG"),
    ...(cluster ? { prepare: ownEverySlot } : {}),
  });
  return Object.assign(server, { connect: () => new Redis(server.url) }) as RedisServer;
}

/** Idempotent: after a restart the node remembers its slots. */
async function ownEverySlot(port: number): Promise<void> {
  await withClient(port, async (client) => {
    const info = String(await client.cluster("INFO"));
    if (!info.includes("cluster_slots_assigned:16384")) await client.cluster("ADDSLOTSRANGE", 0, 16_383);
    while (!String(await client.cluster("INFO")).includes("cluster_state:ok")) {
      // Each question is a round trip; the state follows within a second or two.
    }
    return true;
  });
}

async function withClient(port: number, use: (client: Redis) => Promise<boolean>): Promise<boolean> {
  const client = new Redis({
    port,
    host: "127.0.0.1",
    lazyConnect: true,
    retryStrategy: null,
    enableReadyCheck: false,
  });
  client.on("error", () => {}); // the command below rejects with it
  try {
    await client.connect();
    return await use(client);
  } finally {
    client.disconnect();
  }
}
