import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { jetstreamManager } from "@nats-io/jetstream";
import { type InboxPage, type InboxState, validateAck } from "@rollcall/contracts";
import { type InboxRequest, messageId } from "@rollcall/contracts/internal";
import { request } from "@rollcall/runtime";
import { ask, conforms, waitFor } from "@rollcall/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bench, startBench } from "../../test/bench.ts";
import { fakeContracts, from, toUsers } from "../../test/fake-contracts.ts";
import { buildChannels } from "../fallback/channels-file.ts";
import { BREAKER } from "../fallback/guarded.ts";
import type { NotifierOptions } from "../notifier.ts";

const HOUR = 3_600_000;
const field = (data: unknown, name: string) => (data as Record<string, unknown>)[name];
const contracts = fakeContracts([
  {
    name: "order:shipped",
    from: from("events.orders"),
    audience: toUsers,
    durable: { ttlMs: HOUR, collapse: (data) => field(data, "collapse") as string | undefined },
  },
  {
    name: "order:urgent",
    from: from("events.urgent"),
    audience: toUsers,
    durable: { ttlMs: HOUR, fallback: { afterMs: 300, channel: "hook" } },
  },
  {
    name: "order:daily",
    from: from("events.daily"),
    audience: toUsers,
    durable: { ttlMs: HOUR, fallback: { afterMs: 100, channel: "hook" }, digest: { windowMs: 1_000 } },
  },
  { name: "order:brief", from: from("events.brief"), audience: toUsers, durable: { ttlMs: 400 } },
  { name: "order:seen", from: from("events.seen"), audience: toUsers },
]);

const order = (id: string, users: string[], subject = "events.orders", more = {}) => ({
  subject,
  id,
  data: { users, ...more },
});

/** A receiver of webhooks that answers as it is told. */
async function startHook() {
  const got: { id: string; traceparent: string; body: Record<string, unknown> }[] = [];
  let status = 200;
  let gate = Promise.resolve();
  const server: Server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const { "webhook-id": id, traceparent } = request.headers;
      got.push({ id: String(id), traceparent: String(traceparent), body: JSON.parse(text) });
      void gate.then(() => response.writeHead(status).end());
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    got,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    answer: (next: number) => {
      status = next;
    },
    /** No answer until what it returns is called. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    close: () => new Promise((done) => server.close(done)),
  };
}

describe("durable events", () => {
  let bench: Bench;
  let hook: Awaited<ReturnType<typeof startHook>>;
  beforeEach(async () => {
    [bench, hook] = await Promise.all([startBench(contracts), startHook()]);
  });
  afterEach(async () => {
    await bench.close();
    await hook.close();
  });

  const start = (change: Partial<NotifierOptions> = {}) =>
    bench.notifier({
      ...change,
      channels: (parts) =>
        buildChannels(
          { channels: { hook: { type: "webhook", url: hook.url, secrets: ["whsec_c2VjcmV0"], allowPrivate: true } } },
          parts,
        ),
    });
  const door = async <T extends InboxState | InboxPage>(user: string, op: { op: string } & Record<string, unknown>) => {
    const body = { tenant: "main", namespace: "/", user, ...op } as unknown as InboxRequest;
    const data = await request<T>(bench.nc, "rollcall.internal.v1.notifier.inbox", body, { timeoutMs: 5_000 });
    // Edges pass it on as the client's ack.
    conforms(`inbox:${op.op}`, validateAck(`inbox:${op.op}`, data), data);
    return data;
  };
  const sync = (user: string, op = {}) => door<InboxPage>(user, { op: "sync", ...op });
  const done = () =>
    waitFor(async () => (await bench.outstanding()) === 0, { timeoutMs: 20_000, what: "all to be taken" });
  const ledger = (id: string) =>
    bench.redis.hgetall(`{rollcall:c0}:event:main:%2F:${messageId("main", "test", id)}`).then((fields) =>
      Object.fromEntries(
        Object.entries(fields)
          .filter(([name]) => name.startsWith("u:"))
          .map(([name, text]) => [name.slice(2), text.split("|")[0]]),
      ),
    );

  it("[D1] go to the inbox of each recipient and to their devices under their own name", async () => {
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
    await start();
    for (let n = 0; n < 3; n++) await bench.publish(order("o1", ["u1"]));
    await done();
    expect((await sync("u1")).events).toHaveLength(1);
    expect(await bench.emitted()).toHaveLength(1);
  });

  it("are acknowledged and read apart, and the other devices are told", async () => {
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

  it("[D1] fall back once when nobody acknowledges, and not when somebody does", async () => {
    await start();
    await bench.publish(order("o1", ["u1", "u2"], "events.urgent"));
    await done();
    const { epoch } = await sync("u1");
    await door("u1", { op: "ack", epoch, seq: 1 });
    await waitFor(async () => (await ledger("o1")).u2 === "fallback", { timeoutMs: 10_000, what: "the fallback" });
    expect(await ledger("o1")).toEqual({ u1: "acknowledged", u2: "fallback" });
    expect(hook.got).toHaveLength(1);
    expect(hook.got[0]!.body).toMatchObject({
      id: messageId("main", "test", "o1"),
      event: "order:urgent",
      tenant: "main",
      user: "u2",
      data: { users: ["u1", "u2"] },
    });
  });

  it.each([true, false])("keep their trace until the channel has them, shown to clients: %s", async (traceToClient) => {
    await start({ traceToClient });
    const trace = "a".repeat(32);
    const headers = { traceparent: `00-${trace}-${"b".repeat(16)}-01` };
    await bench.publish({ ...order("o1", ["u1"], "events.urgent"), headers });
    await waitFor(() => hook.got.length > 0, { timeoutMs: 10_000, what: "the fallback" });
    expect(hook.got[0]!.traceparent).toContain(trace);
    const shown = [(await bench.emitted())[0]!.meta, (await sync("u1")).events[0]![2]];
    expect(shown.map(({ traceparent }) => traceparent !== undefined)).toEqual([traceToClient, traceToClient]);
  });

  it("[D1] [L10] with a digest fall back together, each with its own end, but for what was acknowledged", async () => {
    await start();
    hook.answer(503);
    for (const id of ["a", "b", "c", "d"]) await bench.publish(order(id, ["u1"], "events.daily", { id }));
    await bench.publish(order("other", ["u2"], "events.daily"));
    await done();
    const { epoch } = await sync("u1");
    // The eldest, which would have spoken for all.
    await door("u1", { op: "ack", epoch, seq: 1 });
    await waitFor(() => hook.got.length >= 2, { timeoutMs: 10_000, what: "an attempt for each user" });
    hook.answer(200);
    const ids = ["a", "b", "c", "d"];
    const mids = ids.map((id) => messageId("main", "test", id));
    const ends = async () => (await Promise.all(ids.map(ledger))).map(({ u1 }) => u1).join(" ");
    await waitFor(async () => (await ends()) === "acknowledged fallback fallback fallback", {
      timeoutMs: 15_000,
      what: "an end for each",
    });
    const bodies = hook.got.filter(({ body }) => body.user === "u1");
    // An attempt is repeated under its id as long as it brings the same.
    const contents = bodies.map(({ id, body }) => `${id} ${JSON.stringify(body.digest)}`);
    expect(new Set(contents).size).toBe(new Set(bodies.map(({ id }) => id)).size);
    expect(bodies.at(-1)!.body).toMatchObject({
      id: mids[3],
      data: { id: "d" },
      digest: [
        { id: mids[1], data: { id: "b" } },
        { id: mids[2], data: { id: "c" } },
        { id: mids[3], data: { id: "d" } },
      ],
    });
    expect(hook.got.find(({ body }) => body.user === "u2")!.body).not.toHaveProperty("digest");
  });

  it("[D1] that come due while a digest is under way are next", async () => {
    await start();
    const answer = hook.hold();
    await bench.publish(order("a", ["u1"], "events.daily"));
    await waitFor(() => hook.got.length === 1, { timeoutMs: 10_000, what: "an attempt" });
    await bench.publish(order("b", ["u1"], "events.daily"));
    const gathering = "{rollcall:c0}:inbox:main:%2F:u1:gathering:order%3Adaily";
    await waitFor(async () => (await bench.redis.zcard(gathering)) === 2, {
      timeoutMs: 10_000,
      what: "it to come due",
    });
    answer();
    await waitFor(async () => (await ledger("b")).u1 === "fallback", { timeoutMs: 20_000, what: "its end" });
    const mids = ["a", "b"].map((id) => messageId("main", "test", id));
    expect([...new Set(hook.got.map(({ body }) => body.id))]).toEqual(mids);
  });

  it("[D1] are tried again while the provider fails, each under one id, until it is well", async () => {
    await start();
    hook.answer(503);
    // More than go out at once, and more failures than its host is asked for in a row.
    const users = Array.from({ length: 40 }, (_, n) => `u${n}`);
    await bench.publish(order("o1", users, "events.urgent"));
    await waitFor(() => hook.got.length > BREAKER.failures, { timeoutMs: 20_000, what: "the host to be left alone" });
    hook.answer(200);
    const states = async () => new Set(Object.values(await ledger("o1")));
    await waitFor(async () => [...(await states())].join() === "fallback", {
      timeoutMs: 30_000,
      what: "the fallbacks",
    });
    expect(new Set(hook.got.map(({ id }) => id)).size).toBe(users.length);
  });

  it("[L4] an acknowledgement between attempts ends them", async () => {
    await start();
    hook.answer(503);
    await bench.publish(order("o1", ["u1"], "events.urgent"));
    await waitFor(() => hook.got.length >= 1, { timeoutMs: 15_000, what: "an attempt" });
    const { epoch } = await sync("u1");
    await door("u1", { op: "ack", epoch, seq: 1 });
    await waitFor(async () => (await ledger("o1")).u1 === "acknowledged", { what: "the acknowledgement" });
  });

  it("stop for good at a 410", async () => {
    await start();
    hook.answer(410);
    await bench.publish(order("o1", ["u1"], "events.urgent"));
    await waitFor(async () => (await ledger("o1")).u1 === "suppressed", { timeoutMs: 10_000 });
    expect(hook.got).toHaveLength(1);
  });

  it("[D1] die at their ttl without a fallback", async () => {
    await start();
    await bench.publish(order("o1", ["u1"], "events.brief"));
    await waitFor(async () => (await ledger("o1")).u1 === "dead", { timeoutMs: 10_000 });
    expect((await sync("u1")).events).toEqual([]);
  });

  it("[D1] a flush of the durable Redis loses nothing: the source is read again from its mark", async () => {
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
});
