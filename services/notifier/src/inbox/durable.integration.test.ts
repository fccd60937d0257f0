import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import type { InboxPage } from "@rollcall/contracts";
import { messageId } from "@rollcall/contracts/internal";
import { ask, waitFor } from "@rollcall/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DurableScene, order, startDurableScene } from "../../test/durable-scene.ts";

describe("durable events", () => {
  let scene: DurableScene;
  beforeEach(async () => {
    scene = await startDurableScene();
  });
  afterEach(() => scene.close());

  it("[D1] go to the inbox of each recipient and to their devices under their own name", async () => {
    const { bench, start, sync, done } = scene;
    await start();
    await bench.publish(order("o1", ["u1", "u2"]));
    await bench.publish(order("o2", ["u1"]));
    await done();
    const page = await sync("u1");
    expect(page).toMatchObject({ seq: 2, unread: 2 });
    expect(page.events).toMatchObject([
      [
        "order:shipped",
        { users: ["u1", "u2"] },
        { id: messageId("main", "test", "o1"), inbox: { seq: 1, read: false } },
      ],
      ["order:shipped", { users: ["u1"] }, { inbox: { epoch: page.epoch, seq: 2 } }],
    ]);
    const emitted = await bench.emitted();
    expect(emitted.map(({ targets }) => targets)).toEqual(expect.arrayContaining([["u:main/u1"], ["u:main/u2"]]));
    expect(emitted.filter(({ targets }) => targets[0] === "u:main/u1").map(({ meta }) => meta)).toMatchObject([
      { inbox: { epoch: page.epoch, seq: 1, read: false } },
      { inbox: { epoch: page.epoch, seq: 2, read: false } },
    ]);
  });

  it("[D2] are one item however often they are published, and are answered alike", async () => {
    const { bench, start, sync, done } = scene;
    await start();
    for (let n = 0; n < 3; n++) await bench.publish(order("o1", ["u1"]));
    await done();
    expect((await sync("u1")).events).toHaveLength(1);
    expect(await bench.emitted()).toHaveLength(1);
  });

  it("are acknowledged and read apart, and the other devices are told", async () => {
    const { bench, start, door, sync, done } = scene;
    await start();
    for (const id of ["a", "b", "c"]) await bench.publish(order(id, ["u1"]));
    await done();
    const { epoch } = await sync("u1");
    expect(await door("u1", { op: "ack", epoch, seq: 2 })).toEqual({ epoch, ackSeq: 2, unread: 3 });
    expect(await door("u1", { op: "read", upTo: 1 })).toEqual({ epoch, ackSeq: 2, unread: 2 });
    const id = messageId("main", "test", "a");
    expect(await door("u1", { op: "unread", ids: [id] })).toEqual({ epoch, ackSeq: 2, unread: 3 });
    expect(await door("u1", { op: "read", ids: [id] })).toEqual({ epoch, ackSeq: 2, unread: 2 });
    await expect(door("u1", { op: "ack", epoch: "0.0", seq: 3 })).rejects.toMatchObject({ code: "CONFLICT" });
    const changes = (await bench.emitted()).filter(({ event }) => event === "inbox:changed");
    expect(changes.map(({ data }) => data)).toEqual([
      { epoch, unread: 3, ackSeq: 2 },
      { epoch, unread: 2, ackSeq: 2, read: { upTo: 1 } },
      { epoch, unread: 3, ackSeq: 2 },
      { epoch, unread: 2, ackSeq: 2, read: { ids: [id] } },
    ]);
    expect(await sync("u1", { have: { epoch, seq: 2 } })).toMatchObject({ events: [["order:shipped", {}, {}]] });
  });

  it("that make way unread are gone for every device, and counted out", async () => {
    const { bench, start, sync, done } = scene;
    await start();
    for (const id of ["a", "b"]) await bench.publish(order(id, ["u1"], "events.orders", { collapse: "k" }));
    await done();
    const { epoch } = await sync("u1");
    const sent = (await bench.emitted()).map(({ event, data }) => [event, data]);
    expect(sent.at(-1)).toEqual([
      "inbox:changed",
      { epoch, unread: 1, ackSeq: 0, read: { ids: [messageId("main", "test", "a")] } },
    ]);
    expect(sent).toHaveLength(3);
  });

  it("refuse what is not as agreed", async () => {
    const { start, door } = scene;
    await start();
    const bad = [
      { op: "dance" },
      { op: "ack", epoch: 1, seq: 1 },
      { op: "ack", epoch: "1.1", seq: -1 },
      { op: "read" },
      { op: "read", ids: ["a b"] },
      { op: "unread", ids: Array.from({ length: 501 }, () => "a") },
      { op: "sync", limit: 0 },
      { op: "sync", limit: 101 },
      { op: "sync", have: { seq: 1 } },
      { op: "sync", user: "a b" },
    ];
    for (const op of bad) await expect(door("u1", op), op.op).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });
  });

  it("[D1] die at their ttl without a fallback", async () => {
    const { bench, start, sync, ledger } = scene;
    await start();
    await bench.publish(order("o1", ["u1"], "events.brief"));
    await waitFor(async () => (await ledger("o1")).u1 === "dead", { timeoutMs: 10_000 });
    expect((await sync("u1")).events).toEqual([]);
  });

  it("[D1] a flush of the durable Redis loses nothing: the source is read again from its mark", async () => {
    const { bench, start, sync, done } = scene;
    // The mark is tended far more often than it takes to read again.
    await start({ timing: { leaseMs: 600, renewMs: 5, ackWaitMs: 900 } });
    for (let n = 0; n < 20; n++) await bench.publish(order(`o${n}`, [`u${n % 2}`]));
    const emit = { event: "order:shipped", to: { users: ["u0"] }, data: {}, id: "by-request" };
    for (let n = 0; n < 2; n++) await ask(bench.nc, "emit", emit, { install: "rollcall", tenant: "main" });
    await bench.publish(order("seen", ["u0"], "events.seen"));
    await done();
    await waitFor(async () => (await sync("u0")).events.length === 11, { what: "what was emitted by request" });
    const before = await sync("u0");
    const kv = await jetstreamManager(bench.nc);
    await waitFor(async () => (await kv.streams.info("KV_rollcall-notifier")).state.messages === 2, {
      what: "a mark of each source",
    });
    await bench.redis.flushall();
    const after = await waitFor(
      async () => {
        const page = await sync("u0");
        return page.events.length === 11 && page;
      },
      { timeoutMs: 20_000, what: "the inbox to be whole again" },
    );
    expect(after.epoch).not.toBe(before.epoch);
    const mids = ({ events }: InboxPage) => events.map(([, , { id }]) => id).toSorted();
    expect(mids(after)).toEqual(mids(before));
    expect(mids(after)).toContain("by-request");
    await bench.publish(order("o20", ["u0"]));
    await waitFor(async () => (await sync("u0")).events.length === 12, { timeoutMs: 20_000 });
    // What is not durable was done, and the flush took the log with it.
    expect((await bench.emitted()).filter(({ event }) => event === "order:seen")).toEqual([]);
  });

  it("[D1] a durable Redis restored from a backup has again what came since", async () => {
    const { bench, start, sync, done } = scene;
    await start();
    await bench.publish(order("before", ["u0"]));
    await done();
    const [data, backup] = ["appendonlydir", "backup"].map((name) => join(bench.redisServer.folder, name)) as [
      string,
      string,
    ];
    cpSync(data, backup, { recursive: true });
    await bench.publish(order("since", ["u0"]));
    await done();
    const { epoch } = await sync("u0");
    await bench.redisServer.stop();
    rmSync(data, { recursive: true });
    cpSync(backup, data, { recursive: true });
    await bench.redisServer.restart();
    const after = await waitFor(
      async () => {
        const page = await sync("u0").catch(() => undefined);
        return page?.events.length === 2 && page;
      },
      { timeoutMs: 20_000, what: "the inbox to be whole again" },
    );
    expect(after.epoch).not.toBe(epoch);
    expect(after.events.map(([, , { id }]) => id)).toEqual(
      ["before", "since"].map((id) => messageId("main", "test", id)),
    );
  });
});
