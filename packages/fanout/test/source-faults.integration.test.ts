/** What a follower is told when the log, Redis or the way to it fails. */

import { createLogger } from "@rollcall/runtime";
import { faultProxy, waitFor } from "@rollcall/testkit";
import { describe, expect, test } from "vitest";
import { encodeEntry } from "../src/index.ts";
import { AT, follow, message } from "./follow.ts";
import { heard, KEY, logScene } from "./log-scene.ts";

const scene = logScene();

/** A log made anew in the very millisecond of the entry last read would give its first entry the same id. */
const laterMillisecond = (id: string) =>
  waitFor(async () => {
    const [seconds, microseconds] = await scene.redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000) > Number(id.split("-")[0]);
  });

describe("faults", () => {
  test("poison: each malformed entry is skipped and counted, the next ones are delivered", async () => {
    await using follower = await follow(scene.server.url);
    const good = encodeEntry(message("x"));
    const poison = [
      ["nsp", "/", "type", "3"],
      ["uid", "rollcall", "nsp", "/", "type", "3"],
      good.with(5, "6"), // an order to disconnect everybody
      good.with(7, "{"),
      good.slice(0, 8), // a stock emitter's
      ["nonsense", ""],
    ];
    for (const fields of poison) await scene.redis.xadd(KEY, "*", ...fields);
    await scene.append("a");
    await heard(follower, "a");
    expect(follower.told).toEqual(["live", "a"]);
    expect(await follower.metric("rollcall_fanout_poison_total")).toBe(poison.length);
  });

  test("dropped before the first entry: nothing is lost", async () => {
    await using proxy = await faultProxy(scene.server.url);
    await using follower = await follow(proxy.url);
    proxy.reset();
    await scene.append("a");
    await heard(follower, "a");
    expect(follower.mids()).toEqual(["a"]);
  });

  test("[L2] trimmed while it was away: a gap, then what is left", async () => {
    await using proxy = await faultProxy(scene.server.url);
    await using follower = await follow(proxy.url);
    await scene.append("a");
    await heard(follower, "a");
    proxy.cut();
    await scene.append(...Array.from({ length: 50 }, (_, i) => `lost${i}`), "kept");
    await scene.redis.xtrim(KEY, "MAXLEN", 1);
    proxy.heal();
    await heard(follower, "kept");
    await scene.append("b");
    await heard(follower, "b");
    expect(follower.told.filter((item) => item !== "stale" && item !== "live")).toEqual(["a", "gap", "kept", "b"]);
    expect(await follower.metric("rollcall_fanout_gaps_total")).toBe(1);
  });

  test("away without a trim: no gap, nothing lost", async () => {
    await using proxy = await faultProxy(scene.server.url);
    await using follower = await follow(proxy.url);
    await scene.append("a");
    await heard(follower, "a");
    proxy.cut();
    await scene.append("b", "c");
    proxy.heal();
    await heard(follower, "c");
    expect(follower.told.filter((item) => item !== "stale" && item !== "live")).toEqual(["a", "b", "c"]);
  });

  test("[L3] made anew with an older clock: a rewind, then all of the new log", async () => {
    // Redis never goes below a stream's newest id, so a first entry from the future makes its clock the older one.
    await scene.redis.xadd(KEY, `${Date.now() + 3_600_000}-0`, ...encodeEntry(message("future")));
    await using follower = await follow(scene.server.url);
    await scene.append("a");
    await heard(follower, "a");
    await scene.redis.del(KEY);
    await scene.append("b");
    await heard(follower, "b");
    await scene.append("c");
    await heard(follower, "c");
    expect(follower.told).toEqual(["live", "a", "rewind", "b", "c"]);
  });

  test("[L3] flushed: a rewind, once, and everything after", async () => {
    await using follower = await follow(scene.server.url);
    await scene.append("a");
    await heard(follower, "a");
    await scene.redis.flushall();
    await laterMillisecond(follower.position()!.id);
    await scene.append("b");
    await heard(follower, "rewind");
    await scene.append("c");
    await heard(follower, "c");
    expect(follower.told.toSorted()).toEqual(["a", "b", "c", "live", "rewind"]);
    expect(follower.mids()).toEqual(["a", "b", "c"]);
  });

  test("Redis away and back, empty: stale, live, a rewind; appends are refused at once, reads do not spin", async () => {
    let tries = 0;
    const destination = { write: (line: string) => void (line.includes("fanout.read_failed") && tries++) };
    const logger = createLogger({ service: "test", instance: "test", level: "debug", destination });
    await using follower = await follow(scene.server.url, { source: { logger } });
    await scene.append("a");
    await heard(follower, "a");
    await scene.server.stop();
    await heard(follower, "stale");
    await expect(scene.log.append(AT, message("refused"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(tries).toBeLessThan(10); // a second or so, at 50 ms doubling
    await scene.server.restart();
    await waitFor(() => scene.redis.status === "ready");
    await scene.append("b");
    await heard(follower, "b");
    expect(follower.told).toEqual(["live", "a", "stale", "live", "rewind", "b"]);
  });

  test("[L4] half-open: stale without an answer, live again with everything, once", async () => {
    await using proxy = await faultProxy(scene.server.url);
    await using follower = await follow(proxy.url);
    await scene.append("a");
    await heard(follower, "a");
    proxy.halfOpen();
    await scene.append("b");
    await heard(follower, "stale");
    proxy.heal();
    await scene.append("c");
    await heard(follower, "c");
    await heard(follower, "live");
    expect(follower.mids()).toEqual(["a", "b", "c"]);
    expect(follower.told).not.toContain("gap");
  });

  test("500 ms of latency each way: slower, and nothing else", async () => {
    await using proxy = await faultProxy(scene.server.url);
    await using follower = await follow(proxy.url);
    proxy.latency(500);
    for (const mid of ["a", "b", "c"]) {
      await scene.append(mid);
      await heard(follower, mid);
    }
    await waitFor(async () => (await follower.metric("rollcall_fanout_lag_seconds")) > 0.9, { timeoutMs: 10_000 });
    expect(follower.told).toEqual(["live", "a", "b", "c"]);
  });
});
