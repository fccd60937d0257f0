import { createLogger } from "@rollcall/runtime";
import { faultProxy, type RedisServer, startRedis, waitFor } from "@rollcall/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  compareIds,
  createFanoutLog,
  createFanoutSource,
  decodeEntry,
  encodeEntry,
  type FanoutLog,
  keysOf,
} from "../src/index.ts";
import { AT, type Follower, follow, INSTALL, message, sourceOptions } from "./follow.ts";

const KEY = keysOf(INSTALL, AT.cell).log(AT.partition);

let server: RedisServer;
let redis: Redis;
let log: FanoutLog;
beforeAll(async () => {
  server = await startRedis();
  redis = server.connect();
  redis.on("error", () => {}); // tests take the server away
  log = createFanoutLog(redis, { install: INSTALL });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
});

const append = async (...mids: string[]) => {
  for (const mid of mids) await log.append(AT, message(mid));
};
/** What the log holds, but for what followers of other tests may still write to be heard. */
const logged = async () => (await redis.xrange(KEY, "-", "+")).flatMap(([, fields]) => decodeEntry(fields)?.mid ?? []);
const heard = (follower: Follower, mid: string, timeoutMs = 15_000) =>
  waitFor(() => follower.told.includes(mid), { timeoutMs, what: () => `${mid} (told ${follower.told.join(" ")})` });
/** A log made anew in the very millisecond of the entry last read would give its first entry the same id. */
const laterMillisecond = (id: string) =>
  waitFor(async () => {
    const [seconds, microseconds] = await redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000) > Number(id.split("-")[0]);
  });

describe("following", () => {
  test("[D3] everything appended after it began, once, in the log's order, whoever appended", async () => {
    await append("before");
    await using one = await follow(server.url);
    await using two = await follow(server.url);
    const other = server.connect();
    await waitFor(() => other.status === "ready");
    const logs = [log, createFanoutLog(other, { install: INSTALL })];
    await Promise.all(Array.from({ length: 2_000 }, (_, i) => logs[i % 2]!.append(AT, message(`m${i}`))));
    other.disconnect();
    await waitFor(() => one.mids().length === 2_000 && two.mids().length === 2_000, { timeoutMs: 20_000 });
    expect(one.mids()).toEqual(two.mids());
    expect(new Set(one.mids()).size).toBe(2_000);
    expect(one.told[0]).toBe("live");
  });

  test("from a position: what came after it, without what came before", async () => {
    await append("a");
    const position = await log.append(AT, message("b"));
    await append("c");
    await using follower = await follow(server.url, { from: position });
    await append("d");
    await heard(follower, "d");
    expect(follower.told).toEqual(["live", "c", "d"]);
    expect(compareIds(follower.position()!.id, position.id)).toBeGreaterThan(0);
  });

  test("an entry carries what was appended, its position and Redis's time", async () => {
    const received: unknown[] = [];
    await using _follower = await follow(server.url, { on: { entry: (entry) => void received.push(entry) } });
    const entry = message("a", { targets: ["r:main/a", "u:main/ann"], except: ["s:main/x/y"], volatile: true });
    const position = await log.append(AT, entry);
    await waitFor(() => received.length === 1);
    expect(received[0]).toEqual({ ...entry, position, loggedAtMs: Number(position.id.split("-")[0]) });
  });

  test("entries nobody here wants are not decoded", async () => {
    await using follower = await follow(server.url, { on: { wants: (_ns, targets) => targets.includes("r:main/b") } });
    await append("a");
    await redis.xadd(KEY, "*", ...encodeEntry(message("broken")).with(7, "broken")); // poison, if it were looked at
    await log.append(AT, message("b", { targets: ["r:main/b"] }));
    await heard(follower, "b");
    expect(follower.mids()).toEqual(["b"]);
    expect(await follower.metric("rollcall_fanout_poison_total")).toBe(0);
  });

  test("a handler that throws does not end the reading", async () => {
    const mids: string[] = [];
    await using _follower = await follow(server.url, {
      on: {
        entry(entry) {
          mids.push(entry.mid);
          if (entry.mid === "a") throw new Error("a bug");
        },
      },
    });
    await append("a", "b");
    await waitFor(() => mids.length === 2);
  });

  test("a large read is handed out in parts, each flushed when the one before was written", async () => {
    let inRun = 0;
    let longest = 0;
    let flushes = 0;
    let busy = 0;
    const burst = Array.from({ length: 1_000 }, (_, i) => message(`m${i}`));
    await using follower = await follow(server.url, {
      on: {
        entry: () => void (longest = Math.max(longest, ++inRun)),
        flush() {
          flushes++;
          inRun = 0;
        },
        busy: () => busy++ % 3 < 2,
      },
    });
    const pipeline = redis.pipeline();
    for (const entry of burst) pipeline.xadd(KEY, "*", ...encodeEntry(entry));
    await pipeline.exec();
    await waitFor(() => flushes > 7);
    expect(longest).toBeLessThanOrEqual(128);
    expect(busy).toBeGreaterThan(flushes);
    expect(follower.told).toEqual(["live"]);
  });

  test("a peek joins the rest of a burst to its first entry: one flush", async () => {
    const runs: string[][] = [[]];
    await using _follower = await follow(server.url, {
      source: { holdMs: 20_000 },
      on: {
        entry: (entry) => void runs.at(-1)!.push(entry.mid),
        flush: () => void (runs.at(-1)!.length > 0 && runs.push([])),
        peek: () => runs.at(-1)!.length > 0,
      },
    });
    // A blocked reader is woken by the first of these, and answered with it alone.
    const pipeline = redis.pipeline();
    for (let i = 0; i < 20; i++) pipeline.xadd(KEY, "*", ...encodeEntry(message(`m${i}`)));
    await pipeline.exec();
    await waitFor(() => runs.flat().length === 20);
    expect(runs[0]).toHaveLength(20);
  });

  test("heartbeats measure the lag and leave no message", async () => {
    await using follower = await follow(server.url);
    await waitFor(async () => (await follower.metric("rollcall_fanout_lag_seconds")) > 0);
    expect(await follower.metric("rollcall_fanout_lag_seconds")).toBeLessThan(5);
    expect(follower.told).toEqual(["live"]);
  });

  test("two partitions of one cell are two logs; callers name the place and nothing else", async () => {
    const second = { cell: "c0", partition: 1 };
    await using one = await follow(server.url);
    await using two = await follow(server.url, { at: second });
    const position = await log.append(second, message("b"));
    await append("a");
    await heard(one, "a");
    await heard(two, "b");
    expect(position).toMatchObject(second);
    expect([one.mids(), two.mids()]).toEqual([["a"], ["b"]]);
  });

  test("stops when asked, also while it waits for a log that is away", async () => {
    const follower = await follow(server.url);
    await follower[Symbol.asyncDispose]();
    await append("after");
    expect(follower.mids()).toEqual([]);
    const abort = new AbortController();
    await using proxy = await faultProxy(server.url);
    proxy.cut();
    const source = createFanoutSource({ ...sourceOptions(), redisUrl: proxy.url });
    const stale = Promise.withResolvers<void>();
    const waiting = source.follow(
      AT,
      "now",
      { entry() {}, gap() {}, rewind() {}, health: (state) => state === "stale" && stale.resolve() },
      abort.signal,
    );
    await stale.promise;
    abort.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});

describe("faults", () => {
  test("poison: each malformed entry is skipped and counted, the next ones are delivered", async () => {
    await using follower = await follow(server.url);
    const good = encodeEntry(message("x"));
    const poison = [
      ["nsp", "/", "type", "3"],
      ["uid", "rollcall", "nsp", "/", "type", "3"],
      good.with(5, "6"), // an order to disconnect everybody
      good.with(7, "{"),
      good.slice(0, 8), // a stock emitter's
      ["nonsense", ""],
    ];
    for (const fields of poison) await redis.xadd(KEY, "*", ...fields);
    await append("a");
    await heard(follower, "a");
    expect(follower.told).toEqual(["live", "a"]);
    expect(await follower.metric("rollcall_fanout_poison_total")).toBe(poison.length);
  });

  test("dropped before the first entry: nothing is lost", async () => {
    await using proxy = await faultProxy(server.url);
    await using follower = await follow(proxy.url);
    proxy.reset();
    await append("a");
    await heard(follower, "a");
    expect(follower.mids()).toEqual(["a"]);
  });

  test("[L2] trimmed while it was away: a gap, then what is left", async () => {
    await using proxy = await faultProxy(server.url);
    await using follower = await follow(proxy.url);
    await append("a");
    await heard(follower, "a");
    proxy.cut();
    await append(...Array.from({ length: 50 }, (_, i) => `lost${i}`), "kept");
    await redis.xtrim(KEY, "MAXLEN", 1);
    proxy.heal();
    await heard(follower, "kept");
    await append("b");
    await heard(follower, "b");
    expect(follower.told.filter((item) => item !== "stale" && item !== "live")).toEqual(["a", "gap", "kept", "b"]);
    expect(await follower.metric("rollcall_fanout_gaps_total")).toBe(1);
  });

  test("away without a trim: no gap, nothing lost", async () => {
    await using proxy = await faultProxy(server.url);
    await using follower = await follow(proxy.url);
    await append("a");
    await heard(follower, "a");
    proxy.cut();
    await append("b", "c");
    proxy.heal();
    await heard(follower, "c");
    expect(follower.told.filter((item) => item !== "stale" && item !== "live")).toEqual(["a", "b", "c"]);
  });

  test("[L3] made anew with an older clock: a rewind, then all of the new log", async () => {
    // Redis never goes below a stream's newest id, so a first entry from the future makes its clock the older one.
    await redis.xadd(KEY, `${Date.now() + 3_600_000}-0`, ...encodeEntry(message("future")));
    await using follower = await follow(server.url);
    await append("a");
    await heard(follower, "a");
    await redis.del(KEY);
    await append("b");
    await heard(follower, "b");
    await append("c");
    await heard(follower, "c");
    expect(follower.told).toEqual(["live", "a", "rewind", "b", "c"]);
  });

  test("[L3] flushed: a rewind, once, and everything after", async () => {
    await using follower = await follow(server.url);
    await append("a");
    await heard(follower, "a");
    await redis.flushall();
    await laterMillisecond(follower.position()!.id);
    await append("b");
    await heard(follower, "rewind");
    await append("c");
    await heard(follower, "c");
    expect(follower.told.toSorted()).toEqual(["a", "b", "c", "live", "rewind"]);
    expect(follower.mids()).toEqual(["a", "b", "c"]);
  });

  test("Redis away and back, empty: stale, live, a rewind; appends are refused at once, reads do not spin", async () => {
    let tries = 0;
    const destination = { write: (line: string) => void (line.includes("fanout.read_failed") && tries++) };
    const logger = createLogger({ service: "test", instance: "test", level: "debug", destination });
    await using follower = await follow(server.url, { source: { logger } });
    await append("a");
    await heard(follower, "a");
    await server.stop();
    await heard(follower, "stale");
    await expect(log.append(AT, message("refused"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(tries).toBeLessThan(10); // a second or so, at 50 ms doubling
    await server.restart();
    await waitFor(() => redis.status === "ready");
    await append("b");
    await heard(follower, "b");
    expect(follower.told).toEqual(["live", "a", "stale", "live", "rewind", "b"]);
  });

  test("[L4] half-open: stale without an answer, live again with everything, once", async () => {
    await using proxy = await faultProxy(server.url);
    await using follower = await follow(proxy.url);
    await append("a");
    await heard(follower, "a");
    proxy.halfOpen();
    await append("b");
    await heard(follower, "stale");
    proxy.heal();
    await append("c");
    await heard(follower, "c");
    await heard(follower, "live");
    expect(follower.mids()).toEqual(["a", "b", "c"]);
    expect(follower.told).not.toContain("gap");
  });

  test("500 ms of latency each way: slower, and nothing else", async () => {
    await using proxy = await faultProxy(server.url);
    await using follower = await follow(proxy.url);
    proxy.latency(500);
    for (const mid of ["a", "b", "c"]) {
      await append(mid);
      await heard(follower, mid);
    }
    await waitFor(async () => (await follower.metric("rollcall_fanout_lag_seconds")) > 0.9, { timeoutMs: 10_000 });
    expect(follower.told).toEqual(["live", "a", "b", "c"]);
  });
});

describe("appending", () => {
  test("too large is refused before anything is written", async () => {
    const packetJson = `["a:b","${"x".repeat(128 * 1024)}"]`;
    await expect(log.append(AT, message("a", { packetJson }))).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    expect(await logged()).toEqual([]);
  });

  test("in flight when the connection is lost: refused, and not sent again behind one's back", async () => {
    await using proxy = await faultProxy(server.url);
    const lossy = new Redis(proxy.url, { maxRetriesPerRequest: 0 });
    lossy.on("error", () => {});
    await waitFor(() => lossy.status === "ready");
    proxy.halfOpen();
    const pending = createFanoutLog(lossy, { install: INSTALL }).append(AT, message("a"));
    proxy.reset();
    await expect(pending).rejects.toMatchObject({ code: "UNAVAILABLE" });
    proxy.heal();
    await waitFor(() => lossy.status === "ready");
    expect(await logged()).toEqual([]);
    lossy.disconnect();
  });

  test("the log is trimmed", async () => {
    const short = createFanoutLog(redis, { install: INSTALL, maxLen: 100 });
    for (let i = 0; i < 500; i++) await short.append(AT, message(`m${i}`));
    expect(await redis.xlen(KEY)).toBeLessThan(250);
  });
});
