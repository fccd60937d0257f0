import { rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { messageId, type PublishRequest } from "@rollcall/contracts/internal";
import { createLogger, serve, systemClock } from "@rollcall/runtime";
import { ask as askBackend, waitFor } from "@rollcall/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bench, startBench } from "../../test/bench.ts";
import { fakeContracts, from, toBoard, toUsers } from "../../test/fake-contracts.ts";

const contracts = fakeContracts(
  [
    { name: "card:moved", from: from("events.cards"), audience: toBoard },
    { name: "order:shipped", from: from("events.{tenant}.orders"), audience: toUsers, tenantFrom: "subject" },
    { name: "chat:said", from: from("events.chat"), audience: toBoard, history: { size: 10, ttlMs: 60_000 } },
  ],
  [{ pattern: "board:*", history: { size: 10, ttlMs: 60_000 } }],
);

const card = (n: number, board = "a") => ({ subject: "events.cards", id: `${board}-${n}`, data: { board, n } });

describe("intake", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench(contracts);
  });
  afterEach(() => bench.close());

  const done = () =>
    waitFor(async () => (await bench.outstanding()) === 0, { timeoutMs: 20_000, what: "all to be final" });

  it("brings an event to its room, and one to its users, as one log entry each", async () => {
    await bench.notifier();
    await bench.publish({ ...card(1), headers: { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` } });
    await bench.publish({ subject: "events.acme.orders", id: "o1", data: { users: ["u1", "u2"] } });
    await done();
    const [first, second] = await bench.emitted();
    expect(first).toMatchObject({
      tenant: "main",
      namespace: "/",
      targets: ["r:main/board:a"],
      event: "card:moved",
      mid: messageId("main", "test", "a-1"),
      data: { board: "a", n: 1 },
      meta: { id: messageId("main", "test", "a-1"), room: "board:a" },
      traceparent: expect.stringContaining("a".repeat(32)),
    });
    expect(second).toMatchObject({
      tenant: "acme",
      targets: ["u:acme/u1", "u:acme/u2"],
      data: { users: ["u1", "u2"] },
    });
    expect(second!.meta).not.toHaveProperty("room");
  });

  it("[D3] keeps the order of each room over many rooms", async () => {
    const rooms = ["a", "b", "c", "d", "e"];
    for (let n = 0; n < 100; n++) for (const room of rooms) await bench.publish(card(n, room));
    await bench.notifier();
    await done();
    const entries = await bench.emitted();
    expect(entries).toHaveLength(500);
    for (const room of rooms) {
      const order = entries
        .map(({ data }) => data as { board: string; n: number })
        .filter(({ board }) => board === room);
      expect(order.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    }
  });

  it("[D2] emits a message published twice once, and one id of another source again", async () => {
    await bench.notifier();
    await bench.publish(card(1));
    await bench.publish(card(1));
    await bench.publish({ ...card(1), headers: { "ce-source": "other" } });
    await done();
    expect((await bench.emitted()).map(({ mid }) => mid)).toEqual([
      messageId("main", "test", "a-1"),
      messageId("main", "other", "a-1"),
    ]);
  });

  it("[D4] sets poison aside with its reason and trace, and delays nobody", async () => {
    await bench.notifier();
    const traceparent = `00-${"c".repeat(32)}-${"d".repeat(16)}-01`;
    const bad = [
      { subject: "events.cards", data: "{", headers: { traceparent } },
      { subject: "events.nobody", data: {} },
      { subject: "events.cards", data: { board: "a", bad: 1 } },
      { subject: "events.cards", data: {} },
      { subject: "events.acme.orders", data: { users: ["u"] }, headers: { "ce-tenantid": "evil" } },
      { subject: "events.cards", data: "[".repeat(200_000) },
      { subject: "events.cards", id: "", data: {}, headers: { "ce-source": "test" } },
    ];
    for (const [n, message] of bad.entries()) {
      await bench.publish(message);
      await bench.publish(card(n));
    }
    await done();
    const letters = await bench.deadLetters();
    expect(letters.map(({ reason }) => reason).sort()).toEqual(
      ["json", "undeclared", "payload", "audience", "tenant", "json", "payload"].sort(),
    );
    expect(await bench.emitted()).toHaveLength(bad.length);
    const json = letters.find(({ body }) => body === "{")!;
    expect(json.subject).toBe("rollcall.deadletter.json");
    expect(json.header("rollcall-subject")).toBe("events.cards");
    expect(json.header("traceparent")).toBe(traceparent);
  });

  it("[D1] [D2] [D3] a notifier that dies in mid-work loses, repeats and reorders nothing", async () => {
    const total = 600;
    const publishing = (async () => {
      for (let n = 0; n < total; n++) await bench.publish(card(n, n % 2 === 0 ? "a" : "b"));
    })();
    for (let crash = 0; crash < 3; crash++) {
      const before = (await bench.emitted()).length;
      const doomed = await bench.notifier();
      await waitFor(async () => (await bench.emitted()).length > before + 50, { timeoutMs: 20_000 });
      await doomed.crash();
    }
    await publishing;
    await bench.notifier();
    await done();
    const numbers = (await bench.emitted()).map(({ data }) => data as { board: string; n: number });
    expect(numbers).toHaveLength(total);
    for (const room of ["a", "b"]) {
      const order = numbers.filter(({ board }) => board === room).map(({ n }) => n);
      expect(order).toEqual([...order].sort((x, y) => x - y));
    }
  });

  it("[D3] two notifiers keep the order too, and the second takes over when the first stops", async () => {
    const first = await bench.notifier();
    await bench.notifier();
    for (let n = 0; n < 200; n++) await bench.publish(card(n));
    await first.stop(5_000);
    for (let n = 200; n < 300; n++) await bench.publish(card(n));
    await done();
    const order = (await bench.emitted()).map(({ data }) => (data as { n: number }).n);
    expect(order).toEqual(Array.from({ length: 300 }, (_, n) => n));
  });

  it("[D3] waits for what a reader that lost its lease puts off, and takes it before what is newer", async () => {
    const first = await bench.notifier();
    await bench.publish(card(0));
    await done();
    await first.stop(1_000);
    for (let n = 1; n <= 6; n++) await bench.publish(card(n));
    const consumer = await jetstream(bench.nc).consumers.get("EVENTS", "rollcall-notifier-EVENTS");
    const held: JsMsg[] = [];
    for await (const message of await consumer.fetch({ max_messages: 2, expires: 1_000 })) held.push(message);
    const extending = systemClock.setRepeating(100, () => {
      for (const message of held) message.working();
    });
    await bench.notifier();
    const isGathering = async () => (await consumer.info()).num_ack_pending > held.length;
    await waitFor(isGathering, { timeoutMs: 20_000, what: "the other reader to begin" });
    extending.cancel();
    await waitFor(async () => (await bench.emitted()).length === 7, { timeoutMs: 20_000, what: "all of them" });
    expect((await bench.emitted()).map(({ data }) => (data as { n: number }).n)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("acknowledges nothing while Redis is away, holds a bounded number, and goes on when it is back", async () => {
    await bench.notifier({ maxInFlight: 16 });
    await bench.publish(card(0));
    await done();
    await bench.redisServer.stop();
    for (let n = 1; n <= 100; n++) await bench.publish(card(n));
    const jsm = await jetstreamManager(bench.nc);
    const info = () => jsm.consumers.info("EVENTS", "rollcall-notifier-EVENTS");
    await waitFor(async () => (await info()).num_ack_pending > 12, { what: "the window to fill" });
    expect((await info()).num_ack_pending).toBeLessThanOrEqual(16);
    expect(await bench.outstanding()).toBe(100);
    await bench.redisServer.restart();
    await done();
    const order = (await bench.emitted()).map(({ data }) => (data as { n: number }).n);
    expect(order).toEqual(Array.from({ length: 101 }, (_, n) => n));
  });

  it("goes on after a restart of NATS", async () => {
    await bench.notifier();
    await bench.publish(card(0));
    await done();
    await bench.natsServer.restart();
    await waitFor(() => bench.publish(card(1)).then(() => true), { timeoutMs: 10_000 });
    await waitFor(async () => (await bench.emitted()).length === 2, { timeoutMs: 20_000, what: "the second event" });
  });

  it("notices that its consumer or its whole stream was deleted, and makes what is missing", async () => {
    const notifier = await bench.notifier();
    await bench.publish(card(0));
    await done();
    const jsm = await jetstreamManager(bench.nc);
    await jsm.consumers.delete("EVENTS", "rollcall-notifier-EVENTS");
    await waitFor(async () => (await bench.outstanding()) === 0, { timeoutMs: 20_000, what: "the consumer" });
    await bench.publish(card(1));
    await waitFor(async () => (await bench.emitted()).length === 2, { timeoutMs: 20_000 });
    await jsm.streams.delete("EVENTS");
    await waitFor(() => bench.publish(card(2)).then(() => true), { timeoutMs: 20_000 });
    await waitFor(async () => (await bench.emitted()).length === 3, { timeoutMs: 20_000 });
    expect(notifier.unmet()).toEqual([]);
  });

  it("[D1] makes everything anew when NATS comes back without its data, and goes on", async () => {
    const notifiers = [await bench.notifier(), await bench.notifier()];
    await bench.publish(card(0));
    await done();
    await bench.natsServer.stop();
    rmSync(join(bench.natsServer.folder, "store"), { recursive: true });
    await bench.natsServer.restart();
    await waitFor(() => bench.publish(card(1)).then(() => true), { timeoutMs: 20_000, what: "the stream" });
    await waitFor(async () => (await bench.emitted()).length === 2, { timeoutMs: 20_000, what: "the event" });
    const jsm = await jetstreamManager(bench.nc);
    const names = async () => (await jsm.streams.names().next()).sort();
    const all = ["EVENTS", "KV_rollcall-notifier", "ROLLCALL_DEADLETTER", "ROLLCALL_EMITTED"];
    await waitFor(async () => isDeepStrictEqual(await names(), all), { timeoutMs: 20_000, what: all.join() });
    await waitFor(() => notifiers.every((one) => one.unmet().length === 0), { timeoutMs: 20_000, what: "readiness" });
    const marks = await new Kvm(bench.nc).open("rollcall-notifier");
    const mark = async () => (await marks.get("rollcall-notifier-EVENTS"))?.json<{ sequence: number }>().sequence;
    await waitFor(async () => (await mark()) === 2, { timeoutMs: 20_000, what: "the mark" });
  });

  it("makes the bucket of its marks anew, and delivers what came without it", async () => {
    const notifier = await bench.notifier();
    await bench.publish(card(0));
    await done();
    const jsm = await jetstreamManager(bench.nc);
    await jsm.streams.delete("KV_rollcall-notifier");
    await jsm.consumers.delete("EVENTS", "rollcall-notifier-EVENTS");
    await bench.publish(card(1));
    await waitFor(async () => (await bench.emitted()).length === 2, { timeoutMs: 30_000, what: "the event" });
    expect((await bench.emitted()).map(({ data }) => (data as { n: number }).n)).toEqual([0, 1]);
    await waitFor(() => notifier.unmet().length === 0, { timeoutMs: 20_000 });
  });

  it("says that the bucket of its marks is gone where it may not make it", async () => {
    const lines: string[] = [];
    const logger = createLogger({
      service: "n",
      instance: "n",
      destination: { write: (line) => void lines.push(line) },
    });
    const first = await bench.notifier();
    await bench.publish(card(0));
    await done();
    await first.stop(1_000);
    await bench.notifier({ mode: "verify", logger });
    await waitFor(() => lines.some((line) => line.includes("intake.reading")));
    const jsm = await jetstreamManager(bench.nc);
    await jsm.streams.delete("KV_rollcall-notifier");
    await bench.natsServer.restart();
    for (const event of ["streams.missing", "intake.failed"]) {
      const said = (line: string) => line.includes(event) && line.includes("stream KV_rollcall-notifier is missing");
      await waitFor(() => lines.some(said), { timeoutMs: 30_000, what: event });
    }
  });

  it("[D1] takes what comes to a stream that was restored to an earlier state, before its mark is reached again", async () => {
    const first = await bench.notifier();
    await bench.publish(card(1));
    await done();
    await first.stop(1_000);
    const jsm = await jetstreamManager(bench.nc);
    const { created } = await jsm.streams.info("EVENTS");
    const marks = await new Kvm(bench.nc).open("rollcall-notifier");
    await marks.put("rollcall-notifier-EVENTS", JSON.stringify({ created, sequence: 100 }));
    await jsm.consumers.delete("EVENTS", "rollcall-notifier-EVENTS");
    await bench.notifier();
    await bench.publish(card(2));
    await waitFor(async () => (await bench.emitted()).length === 2, { timeoutMs: 20_000, what: "both, once" });
  });

  it("asks presence to number what goes into a room's history, with the same id until it is answered", async () => {
    await bench.notifier();
    const asked: PublishRequest[] = [];
    await bench.publish({ subject: "events.chat", id: "c1", data: { board: "a" } });
    const logger = createLogger({ service: "test", instance: "test", level: "silent" });
    const door = serve(bench.nc, "rollcall.internal.v1.presence.c0.publish", { logger }, (body) => {
      asked.push(body as PublishRequest);
      return { id: "x", ts: "", seq: 1 };
    });
    await done();
    await door.close();
    expect(new Set(asked.map(({ id }) => id))).toEqual(new Set([messageId("main", "test", "c1")]));
    expect(asked[0]).toMatchObject({
      tenant: "main",
      namespace: "/",
      room: "board:a",
      rules: { retainMs: 3_600_000, history: { size: 10, ttlMs: 60_000 } },
      event: "chat:said",
      dataJson: '{"board":"a"}',
    });
    expect(await bench.emitted()).toEqual([]);
  });

  it("says exactly what JetStream lacks when it may only look", async () => {
    await expect(bench.notifier({ mode: "verify", install: "other" })).rejects.toMatchObject({
      differences: [
        "stream OTHER_DEADLETTER is missing: it needs subjects other.deadletter.>",
        "consumer other-notifier-EVENTS of EVENTS is missing",
        "stream OTHER_EMITTED is missing: it needs subjects other.internal.v1.emitted.*",
        "consumer other-notifier-OTHER_EMITTED of OTHER_EMITTED is missing",
        "stream KV_other-notifier is missing: it needs subjects $KV.other-notifier.>",
      ],
    });
  });

  describe("emit", () => {
    const ask = (body: unknown, tenant = "main") =>
      askBackend<{ id: string }>(bench.nc, "emit", body, { install: "rollcall", tenant });

    it("sends a declared event once per id", async () => {
      await bench.notifier();
      const body = { to: { room: "board:a" }, event: "card:moved", data: { board: "a" }, id: "once" };
      expect(await waitFor(() => ask(body))).toEqual({ id: "once" }); // whose connections may not all be up yet
      expect(await ask(body)).toEqual({ id: "once" });
      const { id } = await ask({ ...body, id: undefined, to: { users: ["u1", "u1"] } });
      expect(await bench.emitted()).toMatchObject([
        { mid: "once", targets: ["r:main/board:a"] },
        { mid: id, targets: ["u:main/u1"] },
      ]);
    });

    it.each([
      ["EVENT_UNKNOWN", { to: { room: "board:a" }, event: "card:other", data: {} }],
      ["EVENT_UNKNOWN", { namespace: "/other", to: { room: "board:a" }, event: "card:moved", data: {} }],
      ["ROOM_UNKNOWN", { to: { room: "nowhere" }, event: "card:moved", data: {} }],
      ["PAYLOAD_INVALID", { to: { room: "board:a" }, event: "card:moved", data: { bad: 1 } }],
      ["PAYLOAD_INVALID", { to: {}, event: "card:moved", data: {} }],
      ["PAYLOAD_TOO_LARGE", { to: { room: "board:a" }, event: "card:moved", data: { x: "y".repeat(131_000) } }],
    ])("refuses with %s and emits nothing", async (code, body) => {
      await bench.notifier();
      await expect(ask(body)).rejects.toMatchObject({ code });
      expect(await bench.emitted()).toEqual([]);
    });
  });
});
