/** A release meets records of another: refused, admitted, and brought to its own layout while somebody writes. */

import { connectRedis, createLogger, systemClock } from "@rollcall/runtime";
import { type RedisServer, startRedis } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admit, admitRelease, LayoutError, type Layouts, layoutOf, type Migration, migrate } from "../src/index.ts";

let server: RedisServer;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = server.connect();
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

let count = 0;
const freshCell = () => ({ install: "t", cell: `c${++count}` });
/** Four releases, of which each writes what the one before it could read already. */
const FIRST: Layouts = { oldest: 1, newest: 1, writes: 1 };
const READS_BOTH: Layouts = { oldest: 1, newest: 2, writes: 1 };
const WRITES_NEW: Layouts = { oldest: 1, newest: 2, writes: 2 };
const FORGOT_OLD: Layouts = { oldest: 2, newest: 2, writes: 2 };

describe("which release may run", () => {
  it("[S1] where nothing is marked, those that read the first layout", async () => {
    const at = freshCell();
    expect(await layoutOf(redis, at)).toEqual({ lowest: 1, highest: 1 });
    expect(await admit(redis, { ...at, layouts: FIRST })).toEqual({ lowest: 1, highest: 1 });
    await expect(admit(redis, { ...freshCell(), layouts: FORGOT_OLD })).rejects.toThrow(LayoutError);
  });

  it("[S2] [S3] neighbours run together and go back one step; a downgrade by two is refused in words", async () => {
    const at = freshCell();
    await admit(redis, { ...at, layouts: READS_BOTH });
    await admit(redis, { ...at, layouts: FIRST });
    expect(await admit(redis, { ...at, layouts: WRITES_NEW })).toEqual({ lowest: 1, highest: 2 });
    await admit(redis, { ...at, layouts: READS_BOTH });
    await expect(admit(redis, { ...at, layouts: FIRST })).rejects.toThrow(
      /in layouts 1 to 2, this release reads 1 to 1: start the release that wrote them, or a newer one/,
    );
    expect(await layoutOf(redis, at)).toEqual({ lowest: 1, highest: 2 });
  });

  it("[S2] a release that forgot the old layout waits for the migration", async () => {
    const at = freshCell();
    await admit(redis, { ...at, layouts: WRITES_NEW });
    await expect(admit(redis, { ...at, layouts: FORGOT_OLD })).rejects.toThrow(/run `rollcall migrate`/);
  });

  it("is asked of every server once, and again when another one is there", async () => {
    const own = await startRedis();
    const logger = createLogger({ service: "test", instance: "test", level: "silent" });
    const connection = connectRedis({ url: own.url, clock: systemClock, logger, name: "test" });
    const at = freshCell();
    const asking = { ...at, layouts: WRITES_NEW, clock: systemClock };
    await admitRelease([connection, connection], asking, new AbortController().signal);
    expect(await layoutOf(connection.client, at)).toEqual({ lowest: 1, highest: 2 });
    const first = connection.runId();
    await own.restart(); // it kept nothing
    await expect.poll(() => connection.runId() !== first && connection.isUp(), { timeout: 20_000 }).toBe(true);
    await expect.poll(() => layoutOf(connection.client, at), { timeout: 20_000 }).toEqual({ lowest: 1, highest: 2 });
    await connection.close();
    await own.close();
  });

  it("is asked again by a server that is read-only, and answered by one that is full", async () => {
    const own = await startRedis();
    const admin = own.connect();
    const logger = createLogger({ service: "test", instance: "test", level: "silent" });
    const connection = connectRedis({ url: own.url, clock: systemClock, logger, name: "test" });
    const at = freshCell();
    await admin.replicaof("127.0.0.1", 1);
    let isAdmitted = false;
    const signal = new AbortController().signal;
    const asking = admitRelease([connection], { ...at, clock: systemClock }, signal).then(() => (isAdmitted = true));
    await expect.poll(() => admin.info("errorstats"), { timeout: 20_000 }).toMatch(/READONLY/);
    expect(isAdmitted).toBe(false);
    await admin.config("SET", "maxmemory", "1");
    await admin.replicaof("NO", "ONE");
    await asking;
    admin.disconnect();
    await connection.close();
    await own.close();
  });
});

describe("an online migration", () => {
  /** Layout 1 is `name`, layout 2 `{"name":name}`: told apart by the record itself. */
  const toSecond: Migration = {
    to: 2,
    async rewrite(client, keys) {
      const script = `for _, key in ipairs(KEYS) do
        local text = redis.call("TYPE", key).ok == "string" and redis.call("GET", key)
        if text and text:sub(1, 1) ~= "{" then redis.call("SET", key, cjson.encode({ name = text })) end
      end`;
      await client.eval(script, keys.length, ...keys);
    },
  };

  it("[S4] rewrites every record while others are written, may be stopped and begun again, and lets the next release in", async () => {
    const at = freshCell();
    const key = (name: number | string) => `{${at.install}:${at.cell}}:x:${name}`;
    const names = Array.from({ length: 1_000 }, (_, i) => i);
    await admit(redis, { ...at, layouts: FIRST });
    await redis.mset(names.flatMap((name) => [key(name), String(name)]));
    await admit(redis, { ...at, layouts: WRITES_NEW });
    const options = { ...at, layouts: WRITES_NEW, migrations: [toSecond], pageSize: 50 };

    const stopped = new AbortController();
    let pages = 0;
    const onPage = () => void (++pages === 3 && stopped.abort(new Error("stopped")));
    await expect(migrate(redis, { ...options, onPage, signal: stopped.signal })).rejects.toThrow("stopped");
    expect(await layoutOf(redis, at)).toEqual({ lowest: 1, highest: 2 });

    const writes: Promise<unknown>[] = [];
    const busy = (n: number) => void writes.push(redis.set(key(`late-${n}`), JSON.stringify({ name: `late-${n}` })));
    expect(await migrate(redis, { ...options, onPage: busy })).toEqual({ lowest: 2, highest: 2 });
    await Promise.all(writes);
    const texts = await redis.mget(names.map(key));
    expect(texts).toEqual(names.map((name) => JSON.stringify({ name: String(name) })));
    await admit(redis, { ...at, layouts: FORGOT_OLD });
    await expect(admit(redis, { ...at, layouts: FIRST })).rejects.toThrow(LayoutError);
  });

  it("is refused to a release that is not the one that runs, or does not know the way", async () => {
    const at = freshCell();
    await admit(redis, { ...at, layouts: WRITES_NEW });
    await expect(migrate(redis, { ...at, layouts: READS_BOTH })).rejects.toThrow(/use the release that runs/);
    await expect(migrate(redis, { ...at, layouts: WRITES_NEW, migrations: [] })).rejects.toThrow(/does not know how/);
  });

  it("of this release has nothing to do", async () => {
    const at = freshCell();
    await admit(redis, at);
    expect(await migrate(redis, at)).toEqual({ lowest: 1, highest: 1 });
  });
});
