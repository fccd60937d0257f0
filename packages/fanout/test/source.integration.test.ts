import { faultProxy, waitFor } from "@rollcall/testkit";
import { describe, expect, test } from "vitest";
import { compareIds, createFanoutLog, createFanoutSource, encodeEntry } from "../src/index.ts";
import { AT, follow, INSTALL, message, sourceOptions } from "./follow.ts";
import { heard, KEY, logScene } from "./log-scene.ts";

const scene = logScene();

describe("following", () => {
  test("[D3] everything appended after it began, once, in the log's order, whoever appended", async () => {
    await scene.append("before");
    await using one = await follow(scene.server.url);
    await using two = await follow(scene.server.url);
    const other = scene.server.connect();
    await waitFor(() => other.status === "ready");
    const logs = [scene.log, createFanoutLog(other, { install: INSTALL })];
    await Promise.all(Array.from({ length: 2_000 }, (_, i) => logs[i % 2]!.append(AT, message(`m${i}`))));
    other.disconnect();
    await waitFor(() => one.mids().length === 2_000 && two.mids().length === 2_000, { timeoutMs: 20_000 });
    expect(one.mids()).toEqual(two.mids());
    expect(new Set(one.mids()).size).toBe(2_000);
    expect(one.told[0]).toBe("live");
  });

  test("from a position: what came after it, without what came before", async () => {
    await scene.append("a");
    const position = await scene.log.append(AT, message("b"));
    await scene.append("c");
    await using follower = await follow(scene.server.url, { from: position });
    await scene.append("d");
    await heard(follower, "d");
    expect(follower.told).toEqual(["live", "c", "d"]);
    expect(compareIds(follower.position()!.id, position.id)).toBeGreaterThan(0);
  });

  test("an entry carries what was appended, its position and Redis's time", async () => {
    const received: unknown[] = [];
    await using _follower = await follow(scene.server.url, { on: { entry: (entry) => void received.push(entry) } });
    const entry = message("a", { targets: ["r:main/a", "u:main/ann"], except: ["s:main/x/y"], volatile: true });
    const position = await scene.log.append(AT, entry);
    await waitFor(() => received.length === 1);
    expect(received[0]).toEqual({ ...entry, position, loggedAtMs: Number(position.id.split("-")[0]) });
  });

  test("entries nobody here wants are not decoded", async () => {
    await using follower = await follow(scene.server.url, {
      on: { wants: (_ns, targets) => targets.includes("r:main/b") },
    });
    await scene.append("a");
    await scene.redis.xadd(KEY, "*", ...encodeEntry(message("broken")).with(7, "broken")); // poison, if it were looked at
    await scene.log.append(AT, message("b", { targets: ["r:main/b"] }));
    await heard(follower, "b");
    expect(follower.mids()).toEqual(["b"]);
    expect(await follower.metric("rollcall_fanout_poison_total")).toBe(0);
  });

  test("a handler that throws does not end the reading", async () => {
    const mids: string[] = [];
    await using _follower = await follow(scene.server.url, {
      on: {
        entry(entry) {
          mids.push(entry.mid);
          if (entry.mid === "a") throw new Error("a bug");
        },
      },
    });
    await scene.append("a", "b");
    await waitFor(() => mids.length === 2);
  });

  test("a large read is handed out in parts, each flushed when the one before was written", async () => {
    let inRun = 0;
    let longest = 0;
    let flushes = 0;
    let busy = 0;
    const burst = Array.from({ length: 1_000 }, (_, i) => message(`m${i}`));
    await using follower = await follow(scene.server.url, {
      on: {
        entry: () => void (longest = Math.max(longest, ++inRun)),
        flush() {
          flushes++;
          inRun = 0;
        },
        busy: () => busy++ % 3 < 2,
      },
    });
    const pipeline = scene.redis.pipeline();
    for (const entry of burst) pipeline.xadd(KEY, "*", ...encodeEntry(entry));
    await pipeline.exec();
    await waitFor(() => flushes > 7);
    expect(longest).toBeLessThanOrEqual(128);
    expect(busy).toBeGreaterThan(flushes);
    expect(follower.told).toEqual(["live"]);
  });

  test("a peek joins the rest of a burst to its first entry: one flush", async () => {
    const runs: string[][] = [[]];
    await using _follower = await follow(scene.server.url, {
      source: { holdMs: 20_000 },
      on: {
        entry: (entry) => void runs.at(-1)!.push(entry.mid),
        flush: () => void (runs.at(-1)!.length > 0 && runs.push([])),
        peek: () => runs.at(-1)!.length > 0,
      },
    });
    // A blocked reader is woken by the first of these, and answered with it alone.
    const pipeline = scene.redis.pipeline();
    for (let i = 0; i < 20; i++) pipeline.xadd(KEY, "*", ...encodeEntry(message(`m${i}`)));
    await pipeline.exec();
    await waitFor(() => runs.flat().length === 20);
    expect(runs[0]).toHaveLength(20);
  });

  test("heartbeats measure the lag and leave no message", async () => {
    await using follower = await follow(scene.server.url);
    await waitFor(async () => (await follower.metric("rollcall_fanout_lag_seconds")) > 0);
    expect(await follower.metric("rollcall_fanout_lag_seconds")).toBeLessThan(5);
    expect(follower.told).toEqual(["live"]);
  });

  test("two partitions of one cell are two logs; callers name the place and nothing else", async () => {
    const second = { cell: "c0", partition: 1 };
    await using one = await follow(scene.server.url);
    await using two = await follow(scene.server.url, { at: second });
    const position = await scene.log.append(second, message("b"));
    await scene.append("a");
    await heard(one, "a");
    await heard(two, "b");
    expect(position).toMatchObject(second);
    expect([one.mids(), two.mids()]).toEqual([["a"], ["b"]]);
  });

  test("stops when asked, also while it waits for a log that is away", async () => {
    const follower = await follow(scene.server.url);
    await follower[Symbol.asyncDispose]();
    await scene.append("after");
    expect(follower.mids()).toEqual([]);
    const abort = new AbortController();
    await using proxy = await faultProxy(scene.server.url);
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
