import { type TestClient, waitFor } from "@rollcall/testkit";
import { describe, expect, it } from "vitest";
import { startWorld } from "./harness.ts";

const healthOf = (client: TestClient) =>
  (client.eventsOf("session:health").at(-1) ?? client.eventsOf("session:ready").at(-1))?.payload as Record<
    string,
    unknown
  >;
const members = async (client: TestClient, room: string) => {
  const data = await client.call<{ members: { user: string }[] }>("room:members", { room });
  return data.members.map(({ user }) => user).toSorted();
};

describe("presence away", () => {
  it("connecting and relaying go on, what needs presence is UNAVAILABLE, and its return repairs everything", async () => {
    await using world = await startWorld({ edges: 2 });
    const ann = await world.user(0, "ann");
    const bob = await world.user(1, "bob");
    await ann.call("room:join", { room: "doc:1" });
    await bob.call("room:join", { room: "doc:1" });
    await world.presence!.kill();
    await ann.waitForEvent("session:health", ({ payload }) => (payload as { presence: string }).presence === "stale");

    const cem = await world.user(0, "cem");
    expect(cem.eventsOf("session:ready")[0]!.payload).toMatchObject({ resumed: false, health: { presence: "stale" } });
    expect(await cem.emitAck("room:join", { room: "doc:1" })).toMatchObject({ error: { code: "UNAVAILABLE" } });
    expect(await ann.emitAck("presence:watch", { users: ["bob"] })).toMatchObject({ error: { code: "UNAVAILABLE" } });
    const relayed = await ann.call("cursor:moved", { room: "doc:1", data: { x: 1, y: 1 } }, { id: "again-1" });
    expect(relayed).not.toHaveProperty("seq");
    await bob.waitForEvent("cursor:moved");

    await world.presence!.restart();
    await waitFor(
      () =>
        healthOf(cem).presence === "live" ||
        (healthOf(cem) as { health?: { presence: string } }).health?.presence === "live",
      {
        timeoutMs: 15_000,
      },
    );
    await cem.call("room:join", { room: "doc:1" });
    expect(await members(ann, "doc:1")).toEqual(["ann", "bob", "cem"]);
    expect(ann.eventsOf("room:roster").every(({ payload }) => !("left" in (payload as object)))).toBe(true);
  });
});

describe("Redis away", () => {
  it("sockets stay, what needs Redis is UNAVAILABLE, nothing is delivered from memory, and it works again", async () => {
    await using world = await startWorld({ edges: 2 });
    const ann = await world.user(0, "ann");
    const bob = await world.user(1, "bob");
    await ann.call("room:join", { room: "chat:1" });
    await bob.call("room:join", { room: "chat:1" });
    await world.redis.stop();
    for (const client of [ann, bob]) {
      await client.waitForEvent("session:health", ({ payload }) => (payload as { fanout: string }).fanout === "stale");
    }
    expect(await ann.emitAck("chat:typing", { room: "chat:1", data: {} })).toMatchObject({
      error: { code: "UNAVAILABLE" },
    });
    const refused = await fetch(`${world.edges[0]!.url}/socket.io/?EIO=4&transport=polling`);
    expect(refused.status).toBe(400);
    const late = await world.client(0, { user: "cem" });
    await waitFor(() => late.connectErrors.length > 0);
    expect(late.socket.active).toBe(true); // refused by 503: it comes back by itself

    await world.redis.restart();
    await late.ready(20_000);
    // An empty Redis: everyone is asserted anew, and told to look again.
    for (const client of [ann, bob]) {
      await client.waitForEvent(
        "room:resync",
        ({ payload }) => (payload as { room: string }).room === "chat:1",
        15_000,
      );
      await client.call("room:join", { room: "chat:1" });
    }
    await waitFor(async () => (await members(ann, "chat:1")).length === 2);
    bob.clearEvents();
    await ann.call("chat:said", { room: "chat:1", data: { text: "back" } });
    await bob.waitForEvent("chat:said");
    expect([...ann.disconnects, ...bob.disconnects]).toEqual([]);
  });
});

describe("NATS away", () => {
  it("connecting and relaying go on, commands and what needs presence are UNAVAILABLE, nobody is shown gone", async () => {
    await using world = await startWorld({ edges: 2 });
    const ann = await world.user(0, "ann");
    const bob = await world.user(1, "bob");
    for (const one of [ann, bob]) await one.call("room:join", { room: "doc:1" });
    await world.nats.stop();
    await ann.waitForEvent(
      "session:health",
      ({ payload }) => (payload as { presence: string }).presence === "stale",
      15_000,
    );
    const cem = await world.user(0, "cem");
    expect(cem.eventsOf("session:ready")[0]!.payload).toMatchObject({ resumed: false });
    expect(await cem.emitAck("room:join", { room: "doc:1" })).toMatchObject({ error: { code: "UNAVAILABLE" } });
    expect(await ann.emitAck("ticket:reply", { text: "x" })).toMatchObject({ error: { code: "UNAVAILABLE" } });
    expect(await ann.emitAck("inbox:sync", {})).toMatchObject({ error: { code: "UNAVAILABLE" } });
    await ann.call("cursor:moved", { room: "doc:1", data: { x: 1, y: 1 } });
    await bob.waitForEvent("cursor:moved");
    expect(await bob.emitAck("room:leave", { room: "doc:none" })).toMatchObject({ ok: true });
    await world.nats.restart();
    await waitFor(async () => (await cem.emitAck("room:join", { room: "doc:1" })).ok, { timeoutMs: 20_000 });
    await waitFor(async () => (await members(ann, "doc:1").catch(() => [])).length === 3, { timeoutMs: 20_000 });
    for (const one of [ann, bob]) {
      expect(one.eventsOf("room:roster").every(({ payload }) => !("left" in (payload as object)))).toBe(true);
      expect(one.disconnects).toEqual([]);
    }
  });
});

describe("the store is flushed", () => {
  it("[P10] live sessions are back within seconds, nobody is shown leaving, rooms and watchers are told to look again", async () => {
    await using world = await startWorld({ edges: 2 });
    const ann = await world.user(0, "ann");
    const bob = await world.user(1, "bob");
    for (const client of [ann, bob]) await client.call("room:join", { room: "doc:1", info: { color: "red" } });
    await ann.call("presence:watch", { users: ["bob"] });
    ann.clearEvents();
    const redis = world.redis.connect();
    await redis.flushall();
    redis.disconnect();
    await ann.waitForEvent("room:resync", undefined, 15_000);
    await ann.waitForEvent("presence:resync", undefined, 15_000);
    await waitFor(async () => (await members(ann, "doc:1").catch(() => [])).length === 2, { timeoutMs: 10_000 });
    const read = await ann.call<{ members: { user: string; info?: unknown }[] }>("room:members", { room: "doc:1" });
    expect(read.members).toMatchObject([
      { user: "ann", info: { color: "red" } },
      { user: "bob", info: { color: "red" } },
    ]);
    expect(await ann.call("presence:watch", { users: ["bob"] })).toMatchObject({
      users: [{ user: "bob", status: "active" }],
    });
    expect(ann.eventsOf("room:roster").every(({ payload }) => !("left" in (payload as object)))).toBe(true);
  });
});
