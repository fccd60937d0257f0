import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "vitest";
import { startNats } from "./nats-server.ts";
import { startSentinel } from "./redis-sentinel.ts";
import { startRedis } from "./redis-server.ts";
import { waitFor } from "./wait-for.ts";

test("a plain Redis begins empty after a restart, on the same port", async () => {
  await using redis = await startRedis();
  const client = redis.connect();
  await client.set("k", "v");
  client.disconnect();
  const before = { pid: redis.pid, port: redis.port };
  await redis.restart();
  equal(redis.port, before.port);
  ok(redis.pid !== before.pid);
  const again = redis.connect();
  equal(await again.get("k"), null);
  again.disconnect();
});

test("an append-only Redis keeps what it acknowledged over a kill", async () => {
  await using redis = await startRedis({ appendonly: true });
  const client = redis.connect();
  client.on("error", () => {});
  await client.set("k", "v");
  await redis.kill();
  await redis.restart();
  equal(await client.get("k"), "v");
  client.disconnect();
});

test("a cluster-enabled Redis owns every slot and takes keys of any", async () => {
  await using redis = await startRedis({ cluster: true });
  const client = redis.connect();
  for (let i = 0; i < 50; i++) equal(await client.set(`key-${i}`, "v"), "OK");
  await rejects(
    client.eval("#!lua\nreturn redis.call('GET', 'undeclared')", 1, "declared"),
    /do not hash to the same slot/,
  );
  client.disconnect();
});

test("Sentinels fail over from a primary that is killed", async () => {
  await using redis = await startSentinel({ sentinels: 3 });
  const old = await redis.primary();
  equal(old, redis.servers[0]);
  await old.kill();
  equal(await redis.failedOver(old), redis.servers[1]);
});

test("a planned failover takes the primary's role to the replica", async () => {
  await using redis = await startSentinel();
  const old = await redis.primary();
  const client = old.connect();
  await client.set("k", "v");
  equal(await client.wait(1, 5_000), 1); // replication is asynchronous
  client.disconnect();
  const promoted = (await redis.failover()).connect();
  equal(await promoted.get("k"), "v");
  promoted.disconnect();
});

test("a paused Redis is silent, a resumed one answers what waited", async () => {
  await using redis = await startRedis();
  const client = redis.connect();
  await client.ping();
  redis.pause();
  let answered = false;
  const ping = client.ping().then(() => {
    answered = true;
  });
  const other = await startRedis(); // as long as a whole start of another server
  equal(answered, false);
  redis.resume();
  await ping;
  client.disconnect();
  await other.close();
});

test("JetStream keeps its streams over a kill", async () => {
  await using nats = await startNats();
  const { jetstreamManager } = await import("@nats-io/jetstream");
  const nc = await nats.connect();
  const manager = await jetstreamManager(nc);
  await manager.streams.add({ name: "S", subjects: ["s.>"] });
  await nc.close();
  await nats.kill();
  await nats.restart();
  const again = await nats.connect();
  deepEqual(await (await jetstreamManager(again)).streams.names().next(), ["S"]);
  await again.close();
});

test("closing removes the folder; a server that cannot start says why", async () => {
  const nats = await startNats({ jetstream: false });
  await nats.close();
  equal(existsSync(nats.folder), false);
  await rejects(startRedis({ args: ["--no-such-option", "1"] }), /no-such-option|Bad directive/);
  await rejects(startNats({ bin: "/nonexistent/nats-server" }), /did not start|cannot be started/);
});

test("waitFor says what it waited for, and why the last attempt failed", async () => {
  const failing = waitFor(() => Promise.reject(new Error("no luck")), { timeoutMs: 20, what: "luck" });
  await rejects(failing, (error: Error) => {
    equal(error.message, "timed out after 20 ms waiting for luck");
    equal((error.cause as Error).message, "no luck");
    return true;
  });
});
