import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { connectRedis, createMetrics, type RedisConnectOptions, systemClock } from "@rollcall/runtime";
import { afterEach, test } from "vitest";
import { faultProxy } from "../../src/fault-proxy.ts";
import { freePort } from "../../src/free-port.ts";
import { startRedis } from "../../src/redis-server.ts";
import { waitFor } from "../../src/wait-for.ts";
import { recordedLogger } from "./quiet.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(options: Parameters<typeof startRedis>[0] = {}) {
  const redis = await startRedis(options);
  cleanups.push(() => redis.close());
  return redis;
}
function connection(url: string, options: Partial<RedisConnectOptions> = {}) {
  const log = recordedLogger();
  const redis = connectRedis({ url, clock: systemClock, logger: log.logger, name: "redis", ...options });
  cleanups.push(() => redis.close());
  return { redis, log };
}

test("is up once the run id is known, and calls listeners then, late ones at once", async () => {
  const { url } = await server();
  const metrics = createMetrics();
  const { redis } = connection(url, { metrics });
  equal(redis.isUp(), false);
  const seen: string[] = [];
  redis.onReady((runId) => seen.push(`early ${runId}`));
  const runId = await redis.ready();
  redis.onReady((id) => seen.push(`late ${id}`));
  deepEqual(seen, [`early ${runId}`, `late ${runId}`]);
  equal(redis.runId(), runId);
  equal(redis.isUp(), true);
  equal(await redis.ready(), runId);
  ok((await metrics.render()).includes('rollcall_dependency_up{dependency="redis"} 1'));
});

test("another run of the server is told by another run id, after a down", async () => {
  const store = await server();
  const { redis } = connection(store.url);
  const first = await redis.ready();
  const seen: string[] = [];
  redis.onDown(() => seen.push("down"));
  redis.onReady((runId) => seen.push(runId));
  await store.kill();
  await waitFor(() => !redis.isUp());
  equal(redis.runId(), undefined);
  await store.restart();
  const second = await redis.ready();
  notEqual(second, first);
  deepEqual(seen, [first, "down", second]);
});

test("a listener that throws harms no other and is logged", async () => {
  const { url } = await server();
  const { redis, log } = connection(url);
  redis.onReady(() => {
    throw new Error("bad listener");
  });
  const second = new Promise((resolve) => redis.onReady(resolve));
  await second;
  ok(log.events().includes("redis.listener_failed"));
});

test("while Redis is away commands fail within a bounded number of attempts, and nothing is unhandled", async () => {
  const { redis, log } = connection(`redis://127.0.0.1:${await freePort()}`);
  await rejects(redis.client.set("k", "v"), /max retries/);
  await Promise.allSettled(Array.from({ length: 20 }, () => redis.client.publish("c", "m")));
  // One line in ten seconds, however often it tries.
  equal(log.events().filter((event) => event === "redis.error").length, 1);
});

test("a Redis that returns serves the same client again", async () => {
  const store = await server();
  const { redis } = connection(store.url);
  await redis.ready();
  await store.stop();
  await rejects(redis.client.set("k", "v"));
  await store.restart();
  await redis.ready();
  equal(await redis.client.set("k", "v"), "OK");
});

test("a silent peer is a dead one: what is in flight fails in time, and after the partition all is well", async () => {
  const store = await server();
  const proxy = await faultProxy(store.url);
  cleanups.push(() => proxy.close());
  const { redis } = connection(proxy.url, { socketTimeoutMs: 500 });
  await redis.ready();
  proxy.halfOpen();
  await rejects(redis.client.get("k"));
  await waitFor(() => !redis.isUp());
  proxy.heal();
  await redis.ready();
  equal(await redis.client.get("k"), null);
});

test("an idle connection is not taken for a silent one", async () => {
  const { url } = await server();
  const socketTimeoutMs = 200;
  const { redis } = connection(url, { socketTimeoutMs });
  await redis.ready();
  let downs = 0;
  redis.onDown(() => downs++);
  const other = connection(url).redis;
  const idleSince = systemClock.monotonic();
  while (systemClock.monotonic() - idleSince < 2 * socketTimeoutMs) await other.client.ping();
  equal(downs, 0);
  equal(redis.isUp(), true);
});

test("waiting can be given up", async () => {
  const { redis } = connection(`redis://127.0.0.1:${await freePort()}`);
  const stop = new AbortController();
  const waiting = rejects(redis.ready(stop.signal), /stopping/);
  stop.abort(new Error("stopping"));
  await waiting;
  await rejects(redis.ready(stop.signal), /stopping/);
});

test("closing ends it in every state, twice too", async () => {
  const store = await server();
  const { redis: up } = connection(store.url);
  await up.ready();
  await up.close();
  await up.close();
  equal(up.isUp(), false);
  const { redis: connecting } = connection(store.url);
  await connecting.close();
  const { redis: trying } = connection(`redis://127.0.0.1:${await freePort()}`);
  await waitFor(() => trying.client.status === "reconnecting");
  await trying.close();
});

test("[X4] an error line carries no command, no argument and no password", async () => {
  const store = await server();
  const admin = store.connect();
  await admin.config("SET", "requirepass", "right");
  admin.disconnect();
  const { redis, log } = connection(store.url.replace("redis://", "redis://:SECRET@"));
  await rejects(redis.client.set("SECRET", "SECRET"));
  await waitFor(() => log.events().includes("redis.error"));
  ok(!log.text().includes("SECRET"));
});
