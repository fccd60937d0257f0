import { v1Placement } from "@rollcall/fanout";
import { connectRedis, createLogger, type RedisConnection, systemClock } from "@rollcall/runtime";
import { type RedisServer, startRedis } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StoreRewound } from "./durable-redis.ts";
import { createInboxStore, type InboxStore } from "./inbox-store.ts";
import type { InboxItem } from "./inbox-types.ts";

const logger = createLogger({ service: "test", instance: "test", level: "silent" });
const HOUR = 3_600_000;

describe.each([{ cluster: false }, { cluster: true }])("the inbox store (cluster mode: $cluster)", ({ cluster }) => {
  let server: RedisServer;
  let connection: RedisConnection;
  let count = 0;
  beforeAll(async () => {
    server = await startRedis({ cluster });
    connection = connectRedis({ url: server.url, clock: systemClock, logger, name: "durable" });
    await connection.ready();
  });
  afterAll(async () => {
    await connection.close();
    await server.close();
  });

  function setup(maxItems = 100) {
    const store = createInboxStore({
      connection,
      install: `i${count++}`,
      placement: v1Placement,
      maxItems,
      keepMs: HOUR,
    });
    return { store, owner: { tenant: "main", namespace: "/", user: "u:1@x" } };
  }
  const item = (mid: string, change: Partial<InboxItem> = {}): InboxItem => ({
    mid,
    event: "order:shipped",
    dataJson: `{"n":"${mid}"}`,
    infoJson: '{"ts":"2026-01-01T00:00:00.000Z"}',
    expiresAtMs: Date.now() + HOUR,
    muted: false,
    ...change,
  });
  const states = async (store: InboxStore, mid: string) =>
    (await store.event("main", "/", mid))?.recipients.map(({ state, reason }) => `${state} ${reason}`.trim());

  it("numbers what it takes, and takes a repeat once", async () => {
    const { store, owner } = setup();
    const first = await store.accept(owner, item("a"));
    expect(first).toMatchObject({ isNew: true, state: "pending", seq: 1, unread: 1 });
    expect(await store.accept(owner, item("b"))).toMatchObject({ isNew: true, seq: 2, unread: 2, epoch: first.epoch });
    expect(await store.accept(owner, item("a"))).toMatchObject({ isNew: false, state: "pending", seq: 1, unread: 2 });
    const page = await store.page(owner, { mode: "newest", limit: 10 });
    expect(page).toMatchObject({ epoch: first.epoch, seq: 2, unread: 2, more: false });
    expect(page.items.map(({ mid, seq, read }) => [mid, seq, read])).toEqual([
      ["b", 2, false],
      ["a", 1, false],
    ]);
    expect(page.items[1]).toMatchObject({ event: "order:shipped", dataJson: '{"n":"a"}' });
  });

  it("[D1] acknowledges up to a seq, once, apart from reading", async () => {
    const { store, owner } = setup();
    for (const mid of ["a", "b", "c"]) await store.accept(owner, item(mid));
    const { epoch } = await store.page(owner, { mode: "newest", limit: 1 });
    const marked = await store.mark(owner, { op: "ack", epoch, seq: 2 });
    expect(marked).toMatchObject({ epoch, ackSeq: 2, unread: 3, changed: true });
    expect(marked.outcomes).toEqual([
      { state: "acknowledged", reason: "" },
      { state: "acknowledged", reason: "" },
    ]);
    expect(await store.mark(owner, { op: "ack", epoch, seq: 1 })).toMatchObject({
      ackSeq: 2,
      changed: false,
      outcomes: [],
    });
    expect(await store.mark(owner, { op: "ack", epoch, seq: 99 })).toMatchObject({ ackSeq: 3 });
    expect(await states(store, "c")).toEqual(["acknowledged"]);
    await expect(store.mark(owner, { op: "ack", epoch: "1.1", seq: 9 })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("acknowledges more than one script may do", async () => {
    const { store, owner } = setup(2_000);
    for (let n = 0; n < 1_001; n++) await store.accept(owner, item(`m${n}`));
    const { epoch } = await store.page(owner, { mode: "newest", limit: 1 });
    const marked = await store.mark(owner, { op: "ack", epoch, seq: 1_001 });
    expect(marked.ackSeq).toBe(1_001);
    expect(marked.outcomes).toHaveLength(1_001);
  });

  it("marks as read and unread, by seq and by id", async () => {
    const { store, owner } = setup();
    for (const mid of ["a", "b", "c"]) await store.accept(owner, item(mid));
    expect(await store.mark(owner, { op: "readUpTo", seq: 2 })).toMatchObject({ unread: 1, ackSeq: 0 });
    expect(await store.mark(owner, { op: "unread", mids: ["a", "nobody"] })).toMatchObject({ unread: 2 });
    expect(await store.mark(owner, { op: "read", mids: ["a", "c", "nobody"] })).toMatchObject({ unread: 0 });
    const page = await store.page(owner, { mode: "newest", limit: 10 });
    expect(page.items.every(({ read }) => read)).toBe(true);
  });

  it("pages in both directions", async () => {
    const { store, owner } = setup();
    for (let n = 1; n <= 5; n++) await store.accept(owner, item(`m${n}`));
    const seqs = async (query: Parameters<InboxStore["page"]>[1]) => {
      const { items, more } = await store.page(owner, query);
      return [...items.map(({ seq }) => seq), more];
    };
    expect(await seqs({ mode: "after", seq: 2, limit: 2 })).toEqual([3, 4, true]);
    expect(await seqs({ mode: "after", seq: 4, limit: 2 })).toEqual([5, false]);
    expect(await seqs({ mode: "before", seq: 4, limit: 2 })).toEqual([3, 2, true]);
    expect(await seqs({ mode: "newest", limit: 5 })).toEqual([5, 4, 3, 2, 1, false]);
  });

  it("stops a page before it is too large, but never at nothing", async () => {
    const { store, owner } = setup();
    for (let n = 0; n < 3; n++)
      await store.accept(owner, item(`m${n}`, { dataJson: JSON.stringify("x".repeat(60_000)) }));
    expect(await store.page(owner, { mode: "newest", limit: 3 })).toMatchObject({ more: true, items: [{ seq: 3 }] });
  });

  it("[D1] lets a newer event replace an unread one of its collapse key, and leaves a read one", async () => {
    const { store, owner } = setup();
    await store.accept(owner, item("a", { collapseKey: "k" }));
    expect(await store.accept(owner, item("b", { collapseKey: "k" }))).toMatchObject({
      unread: 1,
      outcomes: [{ state: "suppressed", reason: "collapsed" }],
    });
    await store.mark(owner, { op: "readUpTo", seq: 2 });
    await store.accept(owner, item("c", { collapseKey: "k" }));
    const page = await store.page(owner, { mode: "newest", limit: 10 });
    expect(page.items.map(({ mid }) => mid)).toEqual(["c", "b"]);
    expect(await states(store, "a")).toEqual(["suppressed collapsed"]);
  });

  it("[D1] ends the oldest of a full inbox, and what the recipient muted", async () => {
    const { store, owner } = setup(2);
    for (const mid of ["a", "b", "c"]) await store.accept(owner, item(mid));
    expect(await states(store, "a")).toEqual(["dead inbox_full"]);
    expect(await store.accept(owner, item("d", { muted: true }))).toMatchObject({ state: "suppressed", seq: 0 });
    expect(await states(store, "d")).toEqual(["suppressed preference"]);
    expect((await store.page(owner, { mode: "newest", limit: 10 })).items.map(({ mid }) => mid)).toEqual(["c", "b"]);
  });

  it("[D1] ends what outlives its ttl", async () => {
    const { store, owner } = setup();
    await store.accept(owner, item("a", { expiresAtMs: Date.now() - 1 }));
    const [timer] = await store.takeDue("c0", 10, 1_000);
    expect(timer).toMatchObject({ ...owner, mid: "a" });
    expect(await store.turn(timer!, ["expire"])).toMatchObject({ state: "dead", reason: "ttl", becameFinal: true });
    expect(await store.turn(timer!, ["expire"])).toMatchObject({ state: "dead", becameFinal: false });
    expect(await store.page(owner, { mode: "newest", limit: 10 })).toMatchObject({ items: [], unread: 0 });
    expect(await store.takeDue("c0", 10, 1_000)).toEqual([]);
  });

  it("[L3] [L4] [L5] lets an acknowledgement and a fallback race to one end", async () => {
    const { store, owner } = setup();
    for (const mid of ["a", "b", "c"]) await store.accept(owner, item(mid, { fallbackAfterMs: 0 }));
    const { epoch } = await store.page(owner, { mode: "newest", limit: 1 });
    const of = (mid: string) => ({ ...owner, mid });
    await store.turn(of("b"), ["due", "claim"]);
    await store.turn(of("c"), ["due", "claim"]);
    await store.mark(owner, { op: "ack", epoch, seq: 3 });
    expect(await store.turn(of("a"), ["due", "claim"])).toMatchObject({ state: "acknowledged" });
    expect(await store.turn(of("b"), ["sent"])).toMatchObject({ state: "fallback", becameFinal: true });
    expect(await store.turn(of("c"), ["failed"])).toMatchObject({
      state: "acknowledged",
      becameFinal: true,
      attempts: 1,
    });
    expect(await store.turn({ ...owner, mid: "nobody" }, ["due"])).toBeUndefined();
  });

  it("knows the oldest event of a source that is not final", async () => {
    const { store, owner } = setup();
    const epoch = await store.raise("c0");
    await store.markCurrent("c0", "s", epoch);
    const other = { ...owner, user: "u2" };
    await store.accept(owner, item("a", { source: { name: "s", sequence: 7, reread: false } }));
    await store.accept(other, item("a", { source: { name: "s", sequence: 7, reread: false } }));
    await store.accept(owner, item("b", { source: { name: "s", sequence: 9, reread: false } }));
    expect(await store.lowestOpen("c0", "s")).toBe(7);
    expect(await store.countOpen("c0")).toBe(3);
    const { epoch: mine } = await store.page(owner, { mode: "newest", limit: 1 });
    await store.mark(owner, { op: "ack", epoch: mine, seq: 2 });
    expect(await store.lowestOpen("c0", "s")).toBe(7);
    const { epoch: theirs } = await store.page(other, { mode: "newest", limit: 1 });
    await store.mark(other, { op: "ack", epoch: theirs, seq: 1 });
    expect(await store.lowestOpen("c0", "s")).toBeUndefined();
    expect(await store.countOpen("c0")).toBe(0);
  });

  it("writes nothing of a source after a flush until it was read again, and gives inboxes another epoch", async () => {
    const { store, owner } = setup();
    const before = await store.raise("c0");
    await store.markCurrent("c0", "s", before);
    const source = { name: "s", sequence: 1, reread: false };
    const first = await store.accept(owner, item("a", { source }));
    await connection.client.flushall();
    expect(await store.isCurrent("c0", "s")).toBe(false);
    await expect(store.accept(owner, item("b", { source }))).rejects.toBeInstanceOf(StoreRewound);
    await expect(store.mark(owner, { op: "ack", epoch: first.epoch, seq: 1 })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    const epoch = await store.raise("c0");
    expect(Number(epoch)).toBeGreaterThan(Number(before));
    await store.markCurrent("c0", "s", epoch);
    expect(await store.isCurrent("c0", "s")).toBe(true);
    const again = await store.accept(owner, item("a", { source }));
    expect(again).toMatchObject({ isNew: true, seq: 1 });
    expect(again.epoch).not.toBe(first.epoch);
  });

  it("leaves no key behind without an end", async () => {
    const { store, owner } = setup();
    await store.accept(owner, item("a", { collapseKey: "k", fallbackAfterMs: 10 }));
    await store.mark(owner, { op: "readUpTo", seq: 1 });
    await store.mark(owner, { op: "unread", mids: ["a"] });
    const keys = (await connection.client.keys(`{i${count - 1}:*`)).filter(
      (key) => !/inbox-(epoch|births|due)$/.test(key),
    );
    expect(keys).toHaveLength(6);
    for (const key of keys) expect(await connection.client.pttl(key)).toBeGreaterThan(0);
  });
});
