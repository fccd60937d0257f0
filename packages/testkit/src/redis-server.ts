/** A real Redis of its own for a test. `REDIS_SERVER_BIN` names another binary than `redis-server`. */

import { readFileSync } from "node:fs";
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
  /** Paths of PEM files: it speaks TLS only, and its clients must show a certificate too. */
  tls?: { ca: string; cert: string; key: string };
  /** Further arguments, for example `["--maxmemory", "64mb"]`. */
  args?: readonly string[];
  /** Of its process, beside this one's. */
  env?: Record<string, string>;
}

export interface RedisServer extends ServerHandle {
  /** A plain client of it; closed by whoever made it. */
  connect(): Redis;
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { cluster = false, appendonly = false, port, tls, args = [], env } = options;
  const certificates = tls === undefined ? {} : { tls: ownCertificate(tls) };
  const server = await startServer({
    name: "redis",
    ...(port === undefined ? {} : { port }),
    url: (at) => `redis${tls === undefined ? "" : "s"}://127.0.0.1:${at}`,
    command: (at, folder) => ({
      command: processEnv().REDIS_SERVER_BIN ?? "redis-server",
      args: [
        ...(tls === undefined ? ["--port", String(at)] : ["--port", "0", "--tls-port", String(at)]),
        ...(tls === undefined ? [] : ["--tls-ca-cert-file", tls.ca, "--tls-cert-file", tls.cert]),
        ...(tls === undefined ? [] : ["--tls-key-file", tls.key]),
        ...["--bind", "127.0.0.1", "--dir", folder, "--save", ""],
        ...["--appendonly", appendonly ? "yes" : "no", "--appendfsync", "always"],
        ...(cluster ? ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"] : []),
        ...args,
      ],
      ...(env === undefined ? {} : { env: { ...processEnv(), ...env } }),
    }),
    answers: (at) => withClient({ port: at, ...certificates }, async (client) => (await client.ping()) === "PONG"),
    ...(cluster ? { prepare: ownEverySlot } : {}),
  });
  return Object.assign(server, { connect: () => new Redis(server.url, certificates) }) as RedisServer;
}

/** Idempotent: after a restart the node remembers its slots. */
async function ownEverySlot(port: number): Promise<void> {
  await withClient({ port }, async (client) => {
    const info = String(await client.cluster("INFO"));
    if (!info.includes("cluster_slots_assigned:16384")) await client.cluster("ADDSLOTSRANGE", 0, 16_383);
    while (!String(await client.cluster("INFO")).includes("cluster_state:ok")) {
      // Each question is a round trip; the state follows within a second or two.
    }
    return true;
  });
}

/** The server's own certificate, shown by a client that does not look at the server's name. */
function ownCertificate({ ca, cert, key }: NonNullable<RedisServerOptions["tls"]>) {
  const files = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
  return { ...files, checkServerIdentity: () => undefined };
}

type Access = { port: number; tls?: ReturnType<typeof ownCertificate> };

async function withClient(access: Access, use: (client: Redis) => Promise<boolean>): Promise<boolean> {
  const client = new Redis({
    ...access,
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
