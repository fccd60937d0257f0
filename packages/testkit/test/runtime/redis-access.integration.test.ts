/** Redis behind Sentinels, in a cluster, over TLS: one connection as services make it, on real servers. */

import { deepEqual, equal, match, notEqual, rejects, throws } from "node:assert/strict";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  commonConfig,
  connectRedis,
  defineConfig,
  type Env,
  loadConfig,
  type RedisConnection,
  redisAccessOf,
  systemClock,
} from "@rollcall/runtime";
import { type RedisServer, startRedis, startSentinel, tempFolder, waitFor } from "@rollcall/testkit";
import { afterEach, describe, test } from "vitest";
import { recordedLogger } from "./quiet.ts";

const open: RedisConnection[] = [];
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
});

/** As a service connects that was started with these settings. */
function connect(env: Env, clientName = "redis", logger = recordedLogger().logger): RedisConnection {
  const settings = loadConfig(defineConfig(commonConfig), { INSTALL: "i", ...env });
  const access = redisAccessOf(settings);
  const connection = connectRedis({ url: settings.REDIS_URL, access, clock: systemClock, logger, name: clientName });
  open.push(connection);
  return connection;
}
const portOf = async ({ client }: RedisConnection) => Number(/tcp_port:(\d+)/.exec(await client.info("server"))?.[1]);

describe("behind Sentinels", () => {
  test("the primary is found; when it dies, the next one, and its run is another", async () => {
    await using redis = await startSentinel();
    const connection = connect({
      REDIS_URL: `redis://${redis.name}`,
      REDIS_MODE: "sentinel",
      REDIS_SENTINELS: redis.addresses,
    });
    const first = await connection.ready();
    const old = await redis.primary();
    equal(await portOf(connection), old.port);
    await connection.client.set("{i:c0}:k", "v");
    equal(await connection.client.wait(1, 5_000), 1);
    await old.kill();
    const promoted = await redis.failedOver(old);
    await waitFor(() => connection.isUp() && connection.runId() !== first, { timeoutMs: 15_000 });
    equal(await portOf(connection), promoted.port);
    equal(await connection.client.get("{i:c0}:k"), "v");
  });

  test("a primary that hangs is left when the Sentinels replace it, without a word from it", async () => {
    await using redis = await startSentinel();
    const sentinels = { REDIS_MODE: "sentinel", REDIS_SENTINELS: redis.addresses };
    const connection = connect({ REDIS_URL: `redis://${redis.name}`, ...sentinels });
    await connection.ready();
    const old = await redis.primary();
    old.pause();
    const promoted = await redis.failedOver(old);
    await waitFor(async () => connection.isUp() && (await portOf(connection)) === promoted.port, { timeoutMs: 15_000 });
  });

  test("a planned failover takes the connection along, also when the old primary still answers", async () => {
    await using redis = await startSentinel();
    const settings = { REDIS_MODE: "sentinel", REDIS_SENTINELS: redis.addresses };
    const connection = connect({ REDIS_URL: `redis://${redis.name}`, ...settings });
    await connection.ready();
    const promoted = await redis.failover();
    await waitFor(async () => (await portOf(connection)) === promoted.port, { timeoutMs: 15_000 });
    equal(await connection.client.set("{i:c0}:k", "v"), "OK");
  });
});

describe("a cluster", () => {
  /** Two nodes that share the slots; `{i:c0}` is in the upper half. */
  async function startPair(): Promise<[RedisServer, RedisServer]> {
    const args = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"];
    const nodes = await Promise.all([startRedis({ args }), startRedis({ args })]);
    const clients = nodes.map((node) => node.connect());
    const [a, b] = clients;
    await a!.cluster("ADDSLOTSRANGE", 0, 8_191);
    await b!.cluster("ADDSLOTSRANGE", 8_192, 16_383);
    await a!.cluster("MEET", "127.0.0.1", nodes[1].port);
    for (const client of clients) {
      const isOk = async () => String(await client.cluster("INFO")).includes("cluster_state:ok");
      await waitFor(isOk, { timeoutMs: 15_000, what: "the cluster to be whole" });
      client.disconnect();
    }
    return nodes;
  }

  test("one node that owns all slots is as good as a single one", async () => {
    await using redis = await startRedis({ cluster: true });
    const connection = connect({ REDIS_URL: redis.url, REDIS_MODE: "cluster" });
    await connection.ready();
    equal(await connection.client.set("{i:c0}:k", "v"), "OK");
  });

  test("the owner of the slot is found through any node, and again when it owns it no more", async () => {
    const [a, b] = await startPair();
    await using _a = a;
    await using _b = b;
    const slotOf = a.connect();
    const slot = await slotOf.cluster("KEYSLOT", "{i:c0}");
    const [owner, other] = slot < 8_192 ? [a, b] : [b, a];
    const connection = connect({ REDIS_URL: other.url, REDIS_MODE: "cluster" });
    await connection.ready();
    equal(await portOf(connection), owner.port);
    // The slot moves: it is empty, so the two need only be told.
    const otherClient = other.connect();
    const ownerClient = owner.connect();
    const otherId = String(await otherClient.cluster("MYID"));
    for (const client of [otherClient, ownerClient]) await client.cluster("SETSLOT", slot, "NODE", otherId);
    equal(await connection.client.set("{i:c0}:k", "v"), "OK");
    equal(await portOf(connection), other.port);
    equal(await otherClient.get("{i:c0}:k"), "v");
    for (const client of [slotOf, otherClient, ownerClient]) client.disconnect();
  });
});

describe("over TLS", () => {
  const file = (name: string) => join(import.meta.dirname, "tls", `${name}.pem`);
  const start = () => startRedis({ tls: { ca: file("ca"), cert: file("server-cert"), key: file("server-key") } });
  const settings = (redis: RedisServer) => ({
    REDIS_URL: redis.url,
    REDIS_TLS_CA: file("ca"),
    REDIS_TLS_CERT: file("client-cert"),
    REDIS_TLS_KEY: file("client-key"),
    REDIS_TLS_SERVERNAME: "server.test",
  });

  test("each side shows its certificate", async () => {
    await using redis = await start();
    match(redis.url, /^rediss:/);
    const connection = connect(settings(redis));
    notEqual(await connection.ready(), "");
    equal(await connection.client.set("k", "v"), "OK");
  });

  test("a file that cannot be read at first is a mistake; later it is told, and what it held goes on", async () => {
    await using redis = await start();
    const wrong = { ...settings(redis), REDIS_TLS_CA: "/nowhere/ca.pem" };
    throws(() => connect(wrong), /REDIS_TLS_CA cannot be read: \/nowhere\/ca.pem \(ENOENT\)/);
    const ca = join(tempFolder("tls"), "ca.pem");
    copyFileSync(file("ca"), ca);
    const { logger, events } = recordedLogger();
    const connection = connect({ ...settings(redis), REDIS_TLS_CA: ca }, "redis", logger);
    await connection.ready();
    rmSync(ca);
    await redis.restart();
    await waitFor(() => events().includes("redis.file_unreadable"), { timeoutMs: 20_000 });
    await waitFor(() => connection.isUp(), { timeoutMs: 20_000 });
  });

  test.each([
    ["another name", { REDIS_TLS_SERVERNAME: "other.test" }],
    ["no certificate of ours", { REDIS_TLS_CERT: "", REDIS_TLS_KEY: "" }],
    ["an authority nobody knows", { REDIS_TLS_CA: "" }],
  ])("with %s there is no connection", async (_what, change) => {
    await using redis = await start();
    const connection = connect({ ...settings(redis), ...change });
    await rejects(connection.client.ping());
    deepEqual([connection.isUp(), connection.runId()], [false, undefined]);
  });
});
