import { connect as connectNats } from "@nats-io/transport-node";
import type { WireError } from "@rollcall/contracts";
import type { TestClient } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorld, type World } from "./harness.ts";
import { roomBadInput } from "./room-bad-input.ts";

let world: World;
let ann: TestClient;
beforeAll(async () => {
  world = await startWorld({ env: { VIOLATIONS_BURST: "100000", EVENTS_PER_SECOND: "1000" } });
  ann = await world.user(0, "ann", {
    cap: {
      "room:doc:*": ["join", "publish", "state", "comment"],
      "room:chat:*": ["join"],
      "room:nowhere": ["join", "publish"],
      "user:bob": ["watch"],
      "command:ticket:reply": ["call"],
    },
  });
  await ann.call("room:join", { room: "doc:in" });
});
afterAll(() => world[Symbol.asyncDispose]());

const big = (bytes: number) => "x".repeat(bytes);
const deep = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`) as unknown;

describe("the first failing check answers", () => {
  it.each<[string, string, unknown, unknown, string]>([
    [
      "a payload one byte over the limit",
      "room:join",
      { room: "doc:x", pad: big(16_384) },
      undefined,
      "PAYLOAD_TOO_LARGE",
    ],
    ["size before an unknown event", "no:such", { pad: big(20_000) }, undefined, "PAYLOAD_TOO_LARGE"],
    ["an undeclared event", "no:such", {}, undefined, "EVENT_UNKNOWN"],
    ["an event of the server", "room:roster", {}, undefined, "EVENT_UNKNOWN"],
    ["a domain event", "order:shipped", {}, undefined, "EVENT_UNKNOWN"],
    ["__proto__ as an event", "__proto__", {}, undefined, "EVENT_UNKNOWN"],
    ["a missing field", "room:join", {}, undefined, "PAYLOAD_INVALID"],
    ["a wrong type", "room:join", { room: 5 }, undefined, "PAYLOAD_INVALID"],
    ["a room outside the grammar", "room:join", { room: "a b\n{}*:>" }, undefined, "PAYLOAD_INVALID"],
    ["null as payload", "room:join", null, undefined, "PAYLOAD_INVALID"],
    ["text as payload", "room:join", "x", undefined, "PAYLOAD_INVALID"],
    ["nesting before membership", "cursor:moved", { room: "doc:out", data: deep(32) }, undefined, "PAYLOAD_INVALID"],
    ["nesting as deep as may be", "cursor:moved", { room: "doc:out", data: deep(31) }, undefined, "NOT_A_MEMBER"],
    ["meta that is text", "room:leave", { room: "doc:x" }, "x", "PAYLOAD_INVALID"],
    ["an id outside the grammar", "room:leave", { room: "doc:x" }, { id: "a b" }, "PAYLOAD_INVALID"],
    ["shape before right", "presence:watch", { users: [] }, undefined, "PAYLOAD_INVALID"],
    [
      "no right to a declared room",
      "state:patch",
      { room: "chat:x", ops: [{ op: "delete", key: "a" }] },
      undefined,
      "FORBIDDEN",
    ],
    ["no right to an undeclared room", "room:join", { room: "secret" }, undefined, "FORBIDDEN"],
    ["no right to a user among others", "presence:watch", { users: ["bob", "cem"] }, undefined, "FORBIDDEN"],
    ["an undeclared room", "room:join", { room: "nowhere" }, undefined, "ROOM_UNKNOWN"],
    ["a room outside the relay's", "cursor:moved", { room: "nowhere", data: {} }, undefined, "ROOM_UNKNOWN"],
    ["no membership", "cursor:moved", { room: "doc:out", data: {} }, undefined, "NOT_A_MEMBER"],
    ["membership before the contract", "cursor:moved", { room: "doc:out", data: 5 }, undefined, "NOT_A_MEMBER"],
    ["the contract's word", "cursor:moved", { room: "doc:in", data: { x: "1", y: 2 } }, undefined, "PAYLOAD_INVALID"],
    [
      "a field the contract does not know",
      "cursor:moved",
      { room: "doc:in", data: { x: 1, y: 2, z: 3 } },
      undefined,
      "PAYLOAD_INVALID",
    ],
    ["undeclared info", "room:join", { room: "chat:x", info: {} }, undefined, "PAYLOAD_INVALID"],
    [
      "an undeclared key",
      "state:patch",
      { room: "doc:in", ops: [{ op: "set", key: "nope", value: 1 }] },
      undefined,
      "PAYLOAD_INVALID",
    ],
    [
      "a key with an op of its own",
      "state:patch",
      { room: "doc:in", ops: [{ op: "set", key: "title", value: "x" }] },
      undefined,
      "FORBIDDEN",
    ],
    ["a refresh with a bad token", "session:refresh", { token: "x" }, undefined, "AUTH_INVALID"],
    ["a grant that is none", "room:join", { room: "doc:x", grant: "x" }, undefined, "AUTH_INVALID"],
  ])("%s", async (_name, event, payload, meta, code) => {
    const ack = await ann.emitAck(event, payload, meta);
    expect(ack).toMatchObject({ ok: false, error: { code } });
    const { error } = ack as { error: WireError };
    expect(error.retryable).toBe(false);
    expect(JSON.stringify(error)).not.toMatch(/xxxx|secret|\{\}\*/);
    expect(ann.socket.connected).toBe(true);
  });

  it.each([
    [5_000, "PAYLOAD_INVALID"],
    [30_000, "PAYLOAD_TOO_LARGE"],
  ])("a payload nested %i deep, as no stock client can send it, is %s", async (depth, code) => {
    ann.clearEvents();
    const data = `${"[".repeat(depth)}${"]".repeat(depth)}`;
    ann.socket.io.engine.write(`2["cursor:moved",{"room":"doc:in","data":${data}}]`);
    const fault = await ann.waitForEvent("session:fault");
    expect(fault.payload).toMatchObject({ event: "cursor:moved", error: { code } });
  });

  it("a missing payload and further arguments are refused", async () => {
    const emit = (...args: unknown[]) => ann.socket.timeout(5_000).emitWithAck("room:leave", ...args);
    expect(await emit()).toMatchObject({ error: { code: "PAYLOAD_INVALID" } });
    expect(await emit({ room: "doc:x" }, null, 1)).toMatchObject({ error: { code: "PAYLOAD_INVALID" } });
    expect(await emit({ room: "doc:x" }, null)).toEqual({ ok: true, data: { room: "doc:x" } });
  });

  it("a rate is kept, with a truthful time to wait", async () => {
    const bob = await world.user(0, "bob");
    await bob.call("room:join", { room: "chat:rate" });
    const acks = await Promise.all(
      Array.from({ length: 8 }, () => bob.emitAck("chat:typing", { room: "chat:rate", data: {} })),
    );
    const refused = acks.filter((ack) => !ack.ok);
    expect(refused).toHaveLength(3);
    for (const ack of refused) {
      const { error } = ack as { error: WireError };
      expect(error).toMatchObject({ code: "RATE_LIMITED", retryable: true });
      expect(error.retryAfterMs).toBeGreaterThan(0);
      expect(error.retryAfterMs).toBeLessThanOrEqual(200);
    }
    await bob.close();
  });

  it("without an ack an error arrives as session:fault, and a success says nothing", async () => {
    ann.clearEvents();
    ann.socket.emit("room:leave", { room: "doc:x" });
    ann.socket.emit("no:such", {}, { id: "my-1" });
    ann.socket.emit("room:join", { room: "doc:x" });
    await ann.waitForEvent("session:fault", ({ payload }) => (payload as { event: string }).event === "room:join");
    expect(ann.eventsOf("session:fault").map(({ payload }) => payload)).toMatchObject([
      { event: "no:such", id: "my-1", error: { code: "EVENT_UNKNOWN" } },
      { event: "room:join", error: { code: "PAYLOAD_INVALID" } },
    ]);
  });
});

describe("about rooms", () => roomBadInput(() => world));

describe("commands", () => {
  it("reach a backend with who asks, and its validated reply is the answer", async () => {
    const nats = await connectNats({ servers: world.nats.url });
    const seen: Record<string, string | undefined>[] = [];
    const backend = nats.subscribe("commands.ticket.reply", {
      callback: (_error, message) => {
        seen.push(Object.fromEntries([...message.headers!].map(([name, values]) => [name, values[0]])));
        const { text } = message.json<{ text: string }>();
        if (text === "fail") {
          const headers = message.headers!;
          headers.set("rollcall-error", "CONFLICT");
          message.respond(JSON.stringify({ message: "it is closed" }), { headers });
        } else if (text === "bad") message.respond('{"number":"one"}');
        else if (text === "no JSON") message.respond("oops");
        else if (text === "large") message.respond(JSON.stringify({ number: 7, text: "x".repeat(128 * 1024) }));
        else message.respond('{"number":7}');
      },
    });
    await nats.flush();
    expect(await ann.call("ticket:reply", { text: "hi" }, { id: "cmd-1" })).toEqual({ number: 7 });
    expect(seen[0]).toMatchObject({ "rollcall-user": "ann", "rollcall-tenant": "main", "rollcall-id": "cmd-1" });
    expect(await ann.emitAck("ticket:reply", { text: "fail" })).toMatchObject({
      ok: false,
      error: { code: "CONFLICT", message: "it is closed" },
    });
    for (const [text, message] of [
      ["bad", "the backend's reply does not match the contract"],
      ["no JSON", "the backend's reply is not JSON"],
      ["large", "the backend's reply is too large"],
    ]) {
      expect(await ann.emitAck("ticket:reply", { text })).toMatchObject({
        ok: false,
        error: { code: "INTERNAL", message },
      });
    }
    backend.unsubscribe();
    await nats.flush(); // the server knows that nobody answers any more
    expect(await ann.emitAck("ticket:reply", { text: "x" })).toMatchObject({
      ok: false,
      error: { code: "UNAVAILABLE", retryable: true },
    });
    await nats.close();
  });
});

describe("abuse", () => {
  it("a session that is refused too often ends, and is told why", async () => {
    await using strict = await startWorld({
      presence: false,
      env: { VIOLATIONS_BURST: "20", VIOLATIONS_PER_MINUTE: "1" },
    });
    const eve = await strict.user(0, "eve");
    for (let i = 0; i < 30; i++) eve.socket.emit("no:such", {});
    const revoked = await eve.waitForEvent("session:revoked");
    expect(revoked.payload).toEqual({ reason: "abuse" });
    expect(eve.disconnects).toEqual(["io server disconnect"]);
    expect(await strict.edges[0]!.metrics.render()).toMatch(/rollcall_edge_disconnects_total\{reason="abuse"\} 1/);
  });
});
