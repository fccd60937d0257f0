import { waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorld, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ edges: 2 });
});
afterAll(() => world[Symbol.asyncDispose]());

describe("two edges, two stock clients", () => {
  it("session:ready is the first event and says everything", async () => {
    const ann = await world.user(0, "ann", { client: "test/1" });
    expect(ann.events[0]).toMatchObject({
      name: "session:ready",
      payload: { user: "ann", tenant: "main", namespace: "/", protocol: 1, resumed: false, edge: "edge-1" },
    });
    await ann.close();
  });

  it("see each other in the roster, and relays arrive once, except at their sender", async () => {
    const ann = await world.user(0, "ann");
    const bob = await world.user(1, "bob");
    const first = await ann.call("room:join", { room: "doc:1", info: { color: "red" } });
    expect(first).toMatchObject({ room: "doc:1", mode: "roster", count: 1, resumed: false });
    const second = await bob.call("room:join", { room: "doc:1" });
    expect(second).toMatchObject({ count: 2 });
    const diff = await ann.waitForEvent("room:roster");
    expect(diff.payload).toMatchObject({ room: "doc:1", joined: [{ user: "bob" }], count: 2 });
    const ack = await ann.call("cursor:moved", { room: "doc:1", data: { x: 1, y: 2 } });
    const moved = await bob.waitForEvent("cursor:moved");
    expect(moved.payload).toEqual({ x: 1, y: 2 });
    expect(moved.meta).toMatchObject({ id: ack.id, room: "doc:1", from: { user: "ann" } });
    await bob.call("chat:said", { room: "doc:1", data: { text: "hi" } });
    const [atAnn, atBob] = await Promise.all([ann.waitForEvent("chat:said"), bob.waitForEvent("chat:said")]);
    expect(atAnn.meta).toMatchObject({ seq: 1 });
    expect(atBob.meta?.id).toBe(atAnn.meta?.id);
    expect(ann.eventsOf("cursor:moved")).toEqual([]);
    expect(bob.eventsOf("cursor:moved")).toHaveLength(1);
    await bob.close();
    const left = await ann.waitForEvent("room:roster", ({ payload }) => "left" in (payload as object));
    expect(left.payload).toMatchObject({ left: ["bob"], count: 1 });
    await ann.close();
  });

  it("[P3] a session that comes back on the other edge within its grace is never shown leaving", async () => {
    const ann = await world.user(0, "ann");
    await ann.call("room:join", { room: "doc:2" });
    await ann.call("presence:watch", { users: ["bob"] });
    const bob = await world.user(0, "bob");
    await bob.call("room:join", { room: "doc:2" });
    await ann.waitForEvent("presence:changed");
    await ann.waitForEvent("room:roster");
    ann.clearEvents();
    const { session } = bob.eventsOf("session:ready")[0]!.payload as { session: string };
    const again = await world.user(1, "bob", { session });
    expect(again.eventsOf("session:ready")[0]!.payload).toMatchObject({ resumed: true, session });
    await bob.waitForEvent("session:revoked");
    await waitFor(() => bob.disconnects.length > 0);
    expect(bob.disconnects).toEqual(["io server disconnect"]);
    const join = await again.call("room:join", { room: "doc:2" });
    expect(join).toMatchObject({ count: 2 });
    await again.call("cursor:moved", { room: "doc:2", data: { x: 1, y: 1 } });
    await ann.waitForEvent("cursor:moved");
    expect(ann.eventsOf("room:roster")).toEqual([]);
    expect(ann.eventsOf("presence:changed")).toEqual([]);
    await Promise.all([ann.close(), again.close()]);
  });
});
