import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DiscardPolicy, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { freePort, type NatsServer, type RedisServer, startNats, startRedis, tempFolder } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contextOf } from "../../test/context.ts";
import { examine } from "./examine.ts";
import type { Finding } from "./finding.ts";
import { examineNats } from "./nats.ts";
import { examineRedis } from "./redis.ts";
import { examineSettings } from "./settings.ts";

let redis: RedisServer;
let nats: NatsServer;
const folder = tempFolder("doctor");

beforeAll(async () => {
  [redis, nats] = await Promise.all([startRedis({ args: ["--maxmemory-policy", "allkeys-lru"] }), startNats()]);
  const client = redis.connect();
  await client.acl("SETUSER", "edge", "on", ">secret", "~*", "+hello", "+auth", "+info");
  client.disconnect();
});
afterAll(async () => {
  await Promise.all([redis.stop(), nats.stop()]);
});

const lines = (findings: Finding[]) => findings.map(({ level, message }) => `${level} ${message}`);
const redisAt = (url: string, timeoutMs = 10_000) =>
  examineRedis({ about: "redis", url, install: "i", durable: true, timeoutMs }, contextOf({}));

describe("redis", () => {
  test("keeps too little, and anybody may do anything", async () => {
    const found = lines(await redisAt(redis.url));
    expect(found).toContain("bad maxmemory-policy is allkeys-lru");
    expect(found).toContain("warn keeps no append-only file");
    expect(found).toContain("warn is used as the user `default`");
  });

  test("a user who may not ask everything is told what, and the rest is looked at; others are told what was refused", async () => {
    const found = lines(await redisAt(redis.url.replace("//", "//edge:secret@")));
    expect(found).toContain("bad maxmemory-policy is allkeys-lru");
    expect(found).toContain("ok is used as a user with some rights");
    expect(found.join("\n")).toMatch(/warn NOPERM .*'time'/);
    expect(lines(await redisAt(redis.url)).join("\n")).toMatch(/warn refused command time to edge, once/);
  });

  test("what cannot be asked is a finding: a wrong password, nobody there, a server that says nothing", async () => {
    expect(lines(await redisAt(redis.url.replace("//", "//edge:wrong@"))).join()).toContain("WRONGPASS");
    expect(lines(await redisAt(`redis://127.0.0.1:${await freePort()}`)).join()).toContain("ECONNREFUSED");
    const silent = createServer((socket) => void socket.resume()).listen(0, "127.0.0.1");
    await once(silent, "listening");
    try {
      const { port } = silent.address() as { port: number };
      expect(lines(await redisAt(`redis://127.0.0.1:${port}`, 50)).join()).toMatch(
        /^bad cannot be asked: .*timed out/i,
      );
    } finally {
      silent.close();
    }
  });
});

test("redis, full: what nearly fills it is a warning, and that it refuses writes is bad", async () => {
  await using full = await startRedis({ args: ["--maxmemory-policy", "noeviction"] });
  const client = full.connect();
  const findings = async () => {
    const about = { about: "redis-durable", url: full.url, install: "i", durable: true };
    return lines(await examineRedis(about, contextOf({}))).join("\n");
  };
  const usedBytes = async () => Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))![1]);
  expect(await findings()).toMatch(/^ok uses \d+ bytes, without a limit$/m);
  await client.set("ballast", "x".repeat(50_000_000)); // beside it, what a connection takes is little
  await client.config("SET", "maxmemory", 2 * (await usedBytes()));
  expect(await findings()).toMatch(/^ok uses 50 % of its \d+ bytes$/m);
  await client.config("SET", "maxmemory", Math.round((await usedBytes()) / 0.95));
  expect(await findings()).toMatch(/^warn is nearly full: 95 % of its \d+ bytes$/m);
  await client.config("SET", "maxmemory", Math.round((await usedBytes()) / 1.5));
  await expect(client.set("more", "x")).rejects.toThrow(/^OOM/);
  expect(await findings()).toMatch(/^bad is full, 150 % of its \d+ bytes, and refuses writes$/m);
  await client.config("SET", "maxmemory", Math.round((await usedBytes()) / 0.95));
  expect(await findings()).toMatch(/^bad is nearly full: 95 % of its \d+ bytes, and has refused 1 writes$/m);
  client.disconnect();
});

test("nats: streams that are missing or cannot serve, by the sources that are set", async () => {
  const nc = await nats.connect();
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: "SHOP", subjects: ["shop.>"], retention: RetentionPolicy.Workqueue });
  const full = { discard: DiscardPolicy.New, max_msgs: 10 };
  await jsm.streams.add({ name: "I_PRESENCE", subjects: ["i.presence.v1.>"], ...full });
  await nc.close();
  const found = await examineNats(
    { nats: nats.url, install: "i", tenant: "main" },
    contextOf({}),
    "SHOP:shop.orders.>",
  );
  expect(
    lines(found)
      .filter((line) => /stream |bucket /.test(line))
      .toSorted(),
  ).toEqual([
    "bad no bucket i-notifier",
    "bad no stream I_DEADLETTER",
    "bad no stream I_EMITTED",
    "bad stream I_PRESENCE refuses what is new when it is full",
    "bad stream SHOP has retention workqueue",
  ]);
});

test("settings are judged by the services whose they are, and places come from files too", async () => {
  const env = {
    CONTRACTS: "packages/testkit/contracts",
    GRACE_MS: "0",
    DRAIN_MS: "60000",
    REDIS_DURABLE_URL: `redis://127.0.0.1:${await freePort()}`,
  };
  const found = await examine({ tenant: "main", redis: redis.url, nats: nats.url }, contextOf(env));
  const settings = found.filter(({ about }) => about === "settings").map(({ message }) => message);
  expect(settings).toEqual([
    expect.stringMatching(/^LEASE_MS - LEASE_RENEW_MS \+ GRACE_MS must be .*\(edge, presence\)$/),
    expect.stringMatching(/^DRAIN_MS \+ 5000 must not exceed STOP_GRACE_MS.*\(edge\)$/),
  ]);
  expect(found.find(({ about }) => about === "redis-durable")).toMatchObject({ level: "bad" });
  expect(lines(found)).not.toContain("warn keeps no append-only file");
});

test("a name in the settings' file that no service knows is a slip of somebody's pen", async () => {
  const file = join(folder, "settings.env");
  writeFileSync(file, "ISSUERS=/i.yaml\nGRACE_MSS=1\nREDIS_URL_FILE=\nINBOX_SIZE=10\n");
  expect(lines(await examineSettings(contextOf({ SETTINGS_FILE: file })))).toEqual([
    "warn SETTINGS_FILE has GRACE_MSS, which no service knows",
  ]);
});
