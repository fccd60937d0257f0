import { type TestClient, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startWorld, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ edges: 2 });
});
afterAll(() => world[Symbol.asyncDispose]());

/** Ids made to reach into another part of a key, a target or a subject. */
const USERS = ["ann", "a:ann", "ann|x", "main:ann", "u:main", "a=b", "+", "~2f", "@main"];
const ROOMS = ["doc:1", "doc:main:1", "doc:r:main", "doc:.", "doc:~2fx", "doc:@"];

it("[X2] nothing of one tenant reaches another: same users, same rooms, same session ids, every separator", async () => {
  const make = (edge: number, tenant: string, user: string) =>
    world.user(edge, user, { tenant, session: "the-same-session-id" });
  const here = await Promise.all(USERS.map((user, i) => make(i % 2, "main", user)));
  const there = await Promise.all(USERS.map((user, i) => make((i + 1) % 2, "other", user)));
  for (const client of [...here, ...there]) {
    const { resumed } = await client.ready();
    expect(resumed).toBe(false);
    for (const room of ROOMS) await client.call("room:join", { room, info: { color: "red" } });
    await client.call("presence:watch", { users: USERS });
  }
  // Everything a tenant can say is said in one of them only.
  for (const client of here) {
    for (const room of ROOMS) {
      await client.call("cursor:moved", { room, data: { x: 1, y: 1 } });
      await client.call("chat:said", { room, data: { text: "secret" } }, { id: `same-id-${ROOMS.indexOf(room)}` });
      await client.call("state:patch", { room, ops: [{ op: "set", key: "title", value: "secret" }] });
    }
    await client.call("presence:set", { status: "busy", info: "secret" });
  }
  await waitFor(() => here.every((client) => client.eventsOf("chat:said").length === USERS.length * ROOMS.length), {
    timeoutMs: 20_000,
  });
  const heardOf = (client: TestClient) => client.eventsOf("chat:said").length + client.eventsOf("cursor:moved").length;
  for (const client of there) {
    expect(heardOf(client)).toBe(0);
    expect(client.eventsOf("room:state")).toEqual([]);
    expect(JSON.stringify(client.events)).not.toContain("secret");
    for (const room of ROOMS) {
      expect(await client.call("room:members", { room })).toMatchObject({ count: USERS.length });
      expect(await client.call("state:get", { room })).toMatchObject({ entries: [] });
      expect(await client.call("room:history", { room })).toMatchObject({ events: [] });
    }
    const read = await client.call<{ users: { status: string }[] }>("presence:watch", { users: USERS });
    expect(new Set(read.users.map(({ status }) => status))).toEqual(new Set(["active"]));
  }
  // An id used in one tenant is new in the other.
  const said = await there[0]!.call("chat:said", { room: "doc:1", data: { text: "mine" } }, { id: "same-id-0" });
  expect(said).toMatchObject({ seq: 1 });
  for (const client of here) client.socket.disconnect();
  await waitFor(
    async () => (await there[0]!.call<{ count: number }>("room:members", { room: "doc:1" })).count === USERS.length,
  );
  expect(
    there.flatMap((client) => client.eventsOf("room:roster")).filter(({ payload }) => "left" in (payload as object)),
  ).toEqual([]);
});

it("[X2] a token of one tenant gets no further than that tenant, whatever its capabilities say", async () => {
  const eve = await world.user(0, "eve", {
    tenant: "evil",
    cap: { "*": ["join", "publish", "state", "watch", "call", "comment", "edit"] },
  });
  const victim = await world.user(1, "victim");
  await victim.call("room:join", { room: "doc:victim" });
  await eve.call("room:join", { room: "doc:victim" });
  expect(await eve.call("room:members", { room: "doc:victim" })).toMatchObject({ members: [{ user: "eve" }] });
  expect(await eve.call("presence:watch", { users: ["victim"] })).toEqual({
    users: [{ user: "victim", status: "offline" }],
  });
  const grant = await world.keys.token({ user: "eve", tenant: "main" });
  expect(await eve.emitAck("room:join", { room: "doc:victim", grant })).toMatchObject({
    error: { code: "AUTH_INVALID" },
  });
  const token = await world.keys.token({ user: "eve", tenant: "main" });
  expect(await eve.emitAck("session:refresh", { token })).toMatchObject({ error: { code: "AUTH_INVALID" } });
  expect(victim.eventsOf("room:roster")).toEqual([]);
});
