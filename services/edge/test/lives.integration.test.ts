import type { RosterDiff } from "@rollcall/contracts";
import { systemClock } from "@rollcall/runtime";
import { type TestClient, waitFor } from "@rollcall/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startWorld, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ edges: 2 });
});
afterEach(() => world.empty());
afterAll(() => world[Symbol.asyncDispose]());

const presenceOf = async (client: TestClient, user: string) => {
  const { users } = await client.call<{ users: { status: string }[] }>("presence:watch", { users: [user] });
  return users[0]!.status;
};
const gone = (client: TestClient, room = "doc:1") =>
  client.waitForEvent(
    "room:roster",
    ({ payload }) => "left" in (payload as object) && (payload as { room: string }).room === room,
    10_000,
  );

describe("ways to go", () => {
  it("an explicit disconnect is seen at once; a lost connection only after its grace", async () => {
    const ann = await world.user(0, "ann");
    const bob = await world.user(1, "bob", { io: { reconnection: false } });
    const cem = await world.user(1, "cem", { io: { reconnection: false } });
    for (const one of [ann, bob, cem]) await one.call("room:join", { room: "doc:1" });
    await bob.close();
    cem.dropConnection();
    const first = await gone(ann);
    expect(first.payload).toMatchObject({ left: ["bob"] });
    expect(await presenceOf(ann, "cem")).toBe("active");
    await ann.waitForEvent(
      "room:roster",
      ({ payload }) => ((payload as { left?: string[] }).left ?? []).includes("cem"),
      10_000,
    );
  });

  it("[P2] rooms that a resumed session does not join again are left after the grace, and not before", async () => {
    const ann = await world.user(0, "ann");
    await ann.call("room:join", { room: "doc:1" });
    await ann.call("room:join", { room: "doc:2" });
    const rob = await world.user(0, "rob");
    // Not those of others, whose grace from before may end meanwhile.
    const isOfRob = ({ payload }: { payload: unknown }) => JSON.stringify(payload).includes('"rob"');
    const roomOf = ({ payload }: { payload: unknown }) => (payload as { room: string }).room;
    for (const room of ["doc:1", "doc:2"]) {
      await rob.call("room:join", { room });
      await ann.waitForEvent("room:roster", (event) => isOfRob(event) && roomOf(event) === room);
    }
    ann.clearEvents();
    const next = rob.nextReady();
    rob.dropConnection();
    expect(await next).toMatchObject({ resumed: true });
    expect(await rob.emitAck("room:members", { room: "doc:1" })).toMatchObject({ error: { code: "NOT_A_MEMBER" } });
    await rob.call("room:join", { room: "doc:2" });
    await ann.waitForEvent("room:roster", ({ payload }) => (payload as RosterDiff).left?.includes("rob") === true);
    const told = ann.eventsOf("room:roster").filter(isOfRob);
    expect(told.map(({ payload }) => payload)).toMatchObject([{ room: "doc:1", left: ["rob"] }]);
    expect(await presenceOf(ann, "rob")).toBe("active");
  });

  it("the same session on the same edge replaces the older socket, which stays away", async () => {
    const one = await world.user(0, "ann");
    const { session } = await one.ready();
    const two = await world.user(0, "ann", { session });
    expect((await one.waitForEvent("session:revoked")).payload).toEqual({ reason: "replaced" });
    await waitFor(() => one.disconnects.length === 1);
    expect(one.disconnects).toEqual(["io server disconnect"]);
    expect(two.eventsOf("session:ready")[0]!.payload).toMatchObject({ resumed: true });
    await two.call("room:join", { room: "doc:1" });
    expect(await world.edges[0]!.metrics.render()).toMatch(/disconnects_total\{reason="replaced"\} 1/);
  });

  it("one id presented by another user is another session", async () => {
    const ann = await world.user(0, "ann", { session: "shared-session-id-1" });
    const bob = await world.user(0, "bob", { session: "shared-session-id-1" });
    expect(bob.eventsOf("session:ready")[0]!.payload).toMatchObject({ resumed: false, user: "bob" });
    expect(ann.socket.connected).toBe(true);
  });
});

describe("tokens end", () => {
  const nowS = () => Math.floor(systemClock.now() / 1_000);
  const endsIn = (seconds: number) => ({ claims: { iat: nowS() - 3_600, exp: nowS() - 30 + seconds } });

  it("the client is warned, and at expiresAt it is told and disconnected", async () => {
    const ann = await world.user(0, "ann", endsIn(3));
    const warned = await ann.waitForEvent("session:expiring");
    const { inMs } = warned.payload as { inMs: number };
    expect(inMs).toBeLessThanOrEqual(3_000);
    const revoked = await ann.waitForEvent("session:revoked");
    expect(revoked.payload).toEqual({ reason: "expired" });
    const { expiresAt } = ann.eventsOf("session:ready")[0]!.payload as { expiresAt: string };
    expect(Math.abs(Date.parse(expiresAt) - systemClock.now())).toBeLessThan(1_000);
    await waitFor(() => ann.disconnects.includes("io server disconnect"));
  });

  it("a refresh keeps the session, and takes away what the new token does not cover", async () => {
    const ann = await world.user(0, "ann", endsIn(4));
    for (const room of ["doc:1", "chat:1"]) await ann.call("room:join", { room });
    await ann.call("presence:watch", { users: ["bob"] });
    const other = await world.keys.token({ user: "bob" });
    expect(await ann.emitAck("session:refresh", { token: other })).toMatchObject({ error: { code: "AUTH_INVALID" } });
    const token = await world.keys.token({ user: "ann", cap: { "room:doc:*": ["join"] } });
    const { expiresAt } = await ann.call<{ expiresAt: string }>("session:refresh", { token });
    expect(Date.parse(expiresAt)).toBeGreaterThan(systemClock.now() + 3_000_000);
    const removed = await ann.waitForEvent("room:removed");
    expect(removed.payload).toEqual({ room: "chat:1", reason: "forbidden" });
    const bob = await world.user(0, "bob");
    ann.clearEvents();
    await bob.call("presence:set", { status: "busy" });
    await bob.call("room:join", { room: "doc:1" });
    await ann.waitForEvent("room:roster");
    expect(ann.eventsOf("presence:changed")).toEqual([]);
    expect(ann.socket.connected).toBe(true);
  });

  it("a grant lets its session into a room until it ends", async () => {
    const ann = await world.user(0, "ann", { cap: {} });
    expect(await ann.emitAck("room:join", { room: "doc:1" })).toMatchObject({ error: { code: "FORBIDDEN" } });
    const grantFor = (user: string, more: object = {}) =>
      world.keys.token({ user, cap: { "room:doc:1": ["join", "publish"] }, ...more });
    const join = (grant: string) => ann.emitAck("room:join", { room: "doc:1", grant });
    expect(await join(await grantFor("bob"))).toMatchObject({ error: { code: "AUTH_INVALID" } });
    expect(await join(await grantFor("ann", { tenant: "other" }))).toMatchObject({ error: { code: "AUTH_INVALID" } });
    expect(await join(await grantFor("ann", { ttlS: -60 }))).toMatchObject({ error: { code: "AUTH_EXPIRED" } });
    expect(await join(await grantFor("ann", endsIn(3)))).toMatchObject({ ok: true });
    await ann.call("cursor:moved", { room: "doc:1", data: { x: 1, y: 1 } });
    expect((await ann.waitForEvent("room:removed")).payload).toEqual({ room: "doc:1", reason: "expired" });
    expect(await ann.emitAck("room:members", { room: "doc:1" })).toMatchObject({ error: { code: "FORBIDDEN" } });
    expect(ann.socket.connected).toBe(true);
  });
});

describe("watching", () => {
  it("tells status changes of those watched only, merged, and nothing of the invisible", async () => {
    const ann = await world.user(0, "ann");
    expect(await ann.call("presence:watch", { users: ["bob", "cem"] })).toEqual({
      users: [
        { user: "bob", status: "offline" },
        { user: "cem", status: "offline" },
      ],
    });
    const hidden = await world.user(1, "cem", { presence: { status: "invisible" } });
    const bob = await world.user(1, "bob", { presence: { status: "away", info: "lunch" } });
    const dia = await world.user(1, "dia");
    const online = await ann.waitForEvent("presence:changed");
    expect(online.payload).toMatchObject({ changes: [{ user: "bob", status: "away", info: "lunch", devices: 1 }] });
    for (const status of ["busy", "active", "busy"]) await bob.call("presence:set", { status });
    await ann.waitForEvent("presence:changed", ({ payload }) =>
      (payload as { changes: { status: string }[] }).changes.some((change) => change.status === "busy"),
    );
    await bob.close();
    await ann.waitForEvent("presence:changed", ({ payload }) =>
      (payload as { changes: { status: string }[] }).changes.some((change) => change.status === "offline"),
    );
    const told = ann
      .eventsOf("presence:changed")
      .flatMap(({ payload }) => (payload as { changes: { user: string }[] }).changes);
    expect(new Set(told.map(({ user }) => user))).toEqual(new Set(["bob"]));
    await ann.call("presence:unwatch", { users: ["bob"] });
    await Promise.all([hidden.close(), dia.close()]);
  });
});

describe("drain", () => {
  it("clients are told, closed within that time, and back on the other edge without anybody seeing it", async () => {
    await using world = await startWorld({ edges: 2 });
    const ann = await world.user(1, "ann");
    await ann.call("room:join", { room: "doc:1" });
    const clients = await Promise.all(Array.from({ length: 20 }, (_, i) => world.user(0, `u${i}`)));
    for (const one of clients) await one.call("room:join", { room: "doc:1" });
    await ann.call("presence:watch", { users: clients.map((_, i) => `u${i}`) });
    await waitFor(() => ann.eventsOf("room:roster").some(({ payload }) => (payload as { count: number }).count === 21));
    ann.clearEvents();
    for (const one of clients) {
      // A client that knows where to return: the other edge takes over its address.
      one.socket.once("disconnect", () => {
        (one.socket.io as unknown as { uri: string }).uri = world.edges[1]!.url;
      });
    }
    const stopping = world.edges[0]!.stop(800);
    await Promise.all(clients.map((one) => one.waitForEvent("server:drain")));
    await Promise.all(clients.map((one) => one.nextReady()));
    for (const one of clients) {
      expect(one.disconnects).toEqual(["transport close"]);
      const ready = one.eventsOf("session:ready").at(-1)!.payload;
      expect(ready).toMatchObject({ resumed: true, edge: "edge-2" });
      await one.call("room:join", { room: "doc:1" });
    }
    await stopping;
    const read = await ann.call<{ count: number }>("room:members", { room: "doc:1" });
    expect(read.count).toBe(21);
    expect(ann.eventsOf("presence:changed")).toEqual([]);
    expect(ann.eventsOf("room:roster")).toEqual([]);
  });
});
