import { describe, expect, it } from "vitest";
import { joined, users, type World, world } from "../test/world.ts";
import type { Client } from "./client.ts";
import { canonical } from "./fold.ts";

/** The client's view is what the model knows. */
function expectEqual(w: World, room: ReturnType<Client["room"]>): void {
  const model = w.edge.room(room.id);
  const { roster, state, seq } = canonical(room.view()!);
  expect(roster).toMatchObject({ version: model.rosterVersion, count: model.rosters.at(-1)!.size });
  expect(new Map(room.view()!.roster.items)).toEqual(model.rosters.at(-1));
  expect(state.version).toBe(model.stateVersion);
  expect(new Map(room.view()!.state.items)).toEqual(model.states.at(-1));
  expect(seq).toBe(model.events.length);
}

describe("staying equal", () => {
  it("[P7] [R4] a lost diff is noticed with the next one and repaired, once", async () => {
    const w = world();
    const { room } = await joined(w);
    let lost = 0;
    w.net.passes = (name) => name !== "room:roster" || lost++ > 0;
    await joined(w, "bob");
    await w.clock.advance(1_000);
    expect(users(room)).toEqual(["ann"]);
    await joined(w, "cy");
    await w.clock.until(() => room.count.get() === 3, "repaired", 2_000);
    expectEqual(w, room);
    expect(w.edge.asked.filter(({ name, user }) => name === "room:join" && user === "ann")).toHaveLength(2);
  });

  it("[P7] [R6] a resync is answered within its spread, at a random moment", async () => {
    const moments = new Set<number>();
    for (let seed = 1; seed <= 5; seed++) {
      const w = world(seed);
      const { room } = await joined(w);
      w.net.passes = () => false;
      w.edge.send("doc:1", w.edge.room("doc:1").apply({ kind: "join", user: "bob", info: 1 }));
      await w.clock.advance(10);
      w.net.passes = () => true;
      const startMs = w.clock.now();
      w.edge.tellAll("room:resync", { room: "doc:1", streams: ["roster"], reason: "gap", spreadMs: 4_000 });
      await w.clock.until(() => room.count.get() === 2, "resynced", 4_050);
      moments.add(Math.round((w.clock.now() - startMs) / 100));
      expect(w.edge.count("room:join")).toBe(2);
    }
    expect(moments.size).toBeGreaterThan(2);
  });

  it("[R3] what changes while a join is answered is in neither view twice nor lost", async () => {
    const w = world();
    const { room } = await joined(w);
    w.edge.tellAll("room:resync", { room: "doc:1", streams: ["state"], reason: "gap", spreadMs: 0 });
    for (let i = 0; i < 40; i++) {
      w.edge.send("doc:1", w.edge.room("doc:1").apply({ kind: "set", key: `k${i % 3}`, value: i }));
      await w.clock.advance(1);
    }
    await w.clock.advance(10);
    expectEqual(w, room);
    expect(w.edge.count("room:join")).toBe(2);
  });

  it("[R5] a view that does not come right is fetched whole", async () => {
    const w = world();
    const { room } = await joined(w);
    const model = w.edge.room("doc:1");
    const ack = model.ack.bind(model);
    // A server whose deltas lead nowhere.
    model.ack = (have, ...versions) => {
      const answer = ack(have, ...versions);
      return answer.state.delta ? { ...answer, state: { ...answer.state, version: 99 } } : answer;
    };
    await w.net.cut();
    await w.clock.until(() => room.status.get() === "live", "live by a snapshot", 20_000);
    expect(w.edge.asked.at(-1)!.payload.have).toEqual({ epoch: "c0.1", history: 0 });
  });

  it("[F2] another life of the room is fetched and shown", async () => {
    const w = world();
    const { room } = await joined(w);
    w.edge.room("doc:1").rebirth();
    w.edge.send("doc:1", w.edge.room("doc:1").apply({ kind: "set", key: "a", value: 1 }));
    await w.clock.until(() => room.view()!.epoch === "c0.2", "the new epoch", 2_000);
    expectEqual(w, room);
  });

  it("[F3] [F9] above the roster limit only a count is known; at the return the members come again", async () => {
    const w = world();
    const model = w.edge.room("doc:1");
    model.rosterLimit = 3;
    const { room } = await joined(w);
    for (const user of ["bob", "cy", "dee"]) w.edge.send("doc:1", model.apply({ kind: "join", user, info: 1 }));
    await w.clock.advance(10);
    expect(room.members.get()).toEqual([]);
    expect(room.count.get()).toBe(4);
    w.edge.send("doc:1", model.apply({ kind: "leave", user: "dee" }));
    model.mode = "roster";
    w.edge.tellAll("room:resync", { room: "doc:1", streams: ["roster"], reason: "mode", spreadMs: 0 });
    await w.clock.advance(30);
    expect(users(room).sort()).toEqual(["ann", "bob", "cy"]);
  });

  it("[F6] a snapshot of many pages is shown when it is whole", async () => {
    const w = world();
    const model = w.edge.room("doc:1");
    for (let i = 0; i < 9; i++) model.apply({ kind: "set", key: `k${i}`, value: i });
    for (const user of ["bob", "cy", "dee"]) model.apply({ kind: "join", user, info: 1 });
    model.pageSize = 2;
    const room = w.client("ann").room("doc:1");
    const seen: number[] = [];
    room.state.subscribe(() => seen.push(room.state.entries.get().size));
    void room.join();
    for (let i = 0; i < 20; i++) {
      w.edge.send("doc:1", model.apply({ kind: "set", key: `k${i % 5}`, value: 100 + i }));
      await w.clock.advance(3);
    }
    await w.clock.until(() => room.status.get() === "live", "live");
    expectEqual(w, room);
    expect(Math.min(...seen)).toBe(9);
  });

  it("[F6] a view that is of several times and stays so is fetched again", async () => {
    const w = world();
    const model = w.edge.room("doc:1");
    for (const key of ["a", "b"]) model.apply({ kind: "set", key, value: 1 });
    model.pageSize = 1;
    const room = w.client("ann").room("doc:1");
    void room.join();
    await w.clock.until(() => w.edge.count("state:get") === 0 && w.edge.count("room:join") === 1, "asked");
    w.net.passes = (name) => name !== "room:state";
    w.edge.send("doc:1", model.apply({ kind: "set", key: "b", value: 2 }));
    await w.clock.advance(100);
    expect(room.status.get()).toBe("joining");
    await w.clock.until(() => room.status.get() === "live", "live", 5_000);
    expectEqual(w, room);
  });

  it("a server that forgot the member between two pages is asked again", async () => {
    const w = world();
    const model = w.edge.room("doc:1");
    for (const key of ["a", "b"]) model.apply({ kind: "set", key, value: 1 });
    model.pageSize = 1;
    w.edge.refuse("state:get", "NOT_A_MEMBER");
    const { room } = await joined(w);
    expectEqual(w, room);
    expect(w.edge.count("room:join")).toBe(2);
  });

  it("an answer that cannot be read is reported, and asked for again", async () => {
    const w = world();
    const model = w.edge.room("doc:1");
    const ack = model.ack.bind(model);
    model.ack = () => {
      model.ack = ack;
      return {} as ReturnType<typeof ack>;
    };
    await joined(w);
    expect(w.errors).toEqual([expect.any(TypeError)]);
  });

  it("[R1] what is shown stays while it is brought up to date, and says so", async () => {
    const w = world();
    const { room } = await joined(w);
    const members = room.members.get();
    await w.net.setDown(true);
    await w.clock.advance(5_000);
    expect(room.status.get()).toBe("stale");
    expect(room.members.get()).toBe(members);
    await w.net.setDown(false);
    await w.clock.until(() => room.status.get() === "live", "live again", 20_000);
    expect(room.members.get()).toBe(members);
  });

  it("a server that is itself catching up makes the room stale until it has", async () => {
    const w = world();
    const model = w.edge.room("doc:1");
    const ack = model.ack.bind(model);
    model.ack = (...args) => ({ ...ack(...args), stale: true });
    const room = w.client("ann").room("doc:1");
    await Promise.all([room.join(), w.clock.advance(50)]);
    expect(room.status.get()).toBe("stale");
    model.ack = ack;
    w.edge.tellAll("room:resync", { room: "doc:1", streams: ["roster"], reason: "epoch", spreadMs: 100 });
    await w.clock.advance(200);
    expect(room.status.get()).toBe("live");
  });
});
