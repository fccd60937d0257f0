import { describe, expect, it } from "vitest";
import { outcome, type World, world } from "../test/world.ts";
import type { Client } from "./client.ts";
import { canonical } from "./fold.ts";
import type { RoomOptions } from "./room-api.ts";

/** A client that is online and in a room. */
async function joined(w: World, user = "ann", options: RoomOptions = {}, id = "doc:1") {
  const client = w.client(user);
  const room = client.room(id, options);
  await Promise.all([room.join(), w.clock.until(() => room.status.get() === "live", `${user} is in ${id}`)]);
  return { client, room };
}
const users = (room: ReturnType<Client["room"]>) => room.members.get().map(({ user }) => user);

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

describe("joining and leaving", () => {
  it("shows who is here, and who comes and goes", async () => {
    const w = world();
    const ann = await joined(w, "ann", { info: { color: "red" } });
    const bob = await joined(w, "bob");
    await w.clock.advance(10);
    expect(ann.room.members.get()).toMatchObject([{ user: "ann", info: { color: "red" } }, { user: "bob" }]);
    expect(ann.room.count.get()).toBe(2);
    await Promise.all([bob.room.leave(), w.clock.advance(20)]);
    expect(users(ann.room)).toEqual(["ann"]);
    expect(bob.room.status.get()).toBe("idle");
    expect(bob.room.members.get()).toEqual([]);
  });

  it("is one object per room, whoever asks", async () => {
    const w = world();
    const { client, room } = await joined(w);
    expect(client.room("doc:1")).toBe(room);
    expect(client.room("doc:2")).not.toBe(room);
  });

  it("stays while anybody holds it, and is left once", async () => {
    const w = world();
    const { client, room } = await joined(w);
    const release = room.hold();
    await Promise.all([room.leave(), w.clock.advance(20)]);
    expect(room.status.get()).toBe("live");
    release();
    const again = client.room("doc:1").hold(); // a part of the page was replaced by another
    await w.clock.advance(20);
    expect(w.edge.count("room:leave")).toBe(0);
    again();
    again();
    await w.clock.advance(20);
    expect(w.edge.count("room:leave")).toBe(1);
    expect(w.edge.count("room:join")).toBe(1);
  });

  it("a join that is refused rejects, shows nothing, and can be asked again", async () => {
    const w = world();
    const client = w.client("ann");
    const room = client.room("doc:1");
    w.edge.refuse("room:join", "FORBIDDEN");
    const refused = outcome(room.join());
    await w.clock.advance(50);
    expect(refused.error).toMatchObject({ code: "FORBIDDEN" });
    expect(room.status.get()).toBe("failed");
    expect(room.error()).toMatchObject({ code: "FORBIDDEN" });
    await w.net.cut();
    await w.clock.until(() => client.status.get().phase === "online", "online again");
    expect(w.edge.count("room:join")).toBe(1);
    await Promise.all([room.join(), w.clock.advance(50)]);
    expect(room.status.get()).toBe("live");
    expect(room.error()).toBeUndefined();
  });

  it("[R7] a join that may succeed later is tried again, not before retryAfterMs", async () => {
    const w = world();
    const room = w.client("ann").room("doc:1");
    w.edge.refuse("room:join", "RATE_LIMITED", { retryAfterMs: 4_000 });
    void room.join();
    await w.clock.advance(3_900);
    expect(w.edge.count("room:join")).toBe(1);
    await w.clock.until(() => room.status.get() === "live", "live", 2_500);
  });

  it("an abort leaves, unless others hold the room", async () => {
    const w = world();
    w.edge.mute.add("room:join");
    const room = w.client("ann").room("doc:1");
    const controller = new AbortController();
    const aborted = outcome(room.join({ signal: controller.signal }));
    await w.clock.advance(50);
    controller.abort("changed my mind");
    await w.clock.advance(20);
    expect(aborted.error).toBe("changed my mind");
    expect(room.status.get()).toBe("idle");
    expect(w.edge.count("room:leave")).toBe(1);
  });

  it("[R2] a room left while its join is under way stays left", async () => {
    const w = world();
    const { client } = await joined(w);
    const room = client.room("doc:2");
    const joining = outcome(room.join());
    void room.leave();
    await w.clock.advance(50);
    expect(joining.error).toMatchObject({ code: "CLOSED" });
    expect(room.status.get()).toBe("idle");
    expect(w.edge.room("doc:2").rosters.at(-1)!.size).toBe(0);
  });

  it("`await using` leaves at the end of its block", async () => {
    const w = world();
    const { client } = await joined(w);
    {
      await using room = client.room("doc:2");
      await Promise.all([room.join(), w.clock.advance(50)]);
      void w.clock.advance(50);
    }
    expect(w.edge.count("room:leave")).toBe(1);
  });

  it("sends its info once a session, and again when the session is a new one", async () => {
    const w = world();
    const { client, room } = await joined(w, "ann", { info: 1, last: 20, observe: true });
    const joins = () => w.edge.asked.filter(({ name }) => name === "room:join").map(({ payload }) => payload);
    expect(joins()[0]).toEqual({ room: "doc:1", info: 1, observe: true, last: 20 });
    await w.net.cut();
    await w.clock.until(() => room.status.get() === "live", "live again");
    const have = { epoch: "c0.1", roster: 1, state: 0, history: 0 };
    expect(joins()[1]).toEqual({ room: "doc:1", observe: true, have });
    expect(client.status.get()).toMatchObject({ session: { resumed: true } });
    w.edge.sessions.clear();
    await w.net.cut();
    await w.clock.until(() => joins().length === 3, "joined again");
    expect(joins()[2]).toMatchObject({ info: 1, have });
    await Promise.all([room.update(2), w.clock.advance(20)]);
    w.edge.sessions.clear();
    await w.net.cut();
    await w.clock.until(() => joins().length === 4, "joined again");
    expect(joins()[3]).toMatchObject({ info: 2 });
  });

  it("asks for a grant with each join; one that cannot be had is waited for", async () => {
    const w = world();
    let calls = 0;
    const grant = () => {
      if (++calls === 1) throw new Error("not yet");
      return `grant-${calls}`;
    };
    const { room } = await joined(w, "ann", { grant });
    expect(w.edge.asked.find(({ name }) => name === "room:join")!.payload).toMatchObject({ grant: "grant-2" });
    const [connection] = w.edge.of("ann");
    w.edge.tell(connection!, "room:removed", { room: "doc:1", reason: "expired" });
    await w.clock.until(() => calls === 3, "another grant");
    await w.clock.until(() => room.status.get() === "live", "live again");
  });

  it.each([
    ["revoked", "AUTH_REVOKED"],
    ["forbidden", "FORBIDDEN"],
    ["expired", "AUTH_EXPIRED"],
    ["something new", "FORBIDDEN"],
  ])("removed as %s: %s, and nothing of the room is shown", async (reason, code) => {
    const w = world();
    const { room } = await joined(w);
    const other = await joined(w, "ann", {}, "doc:2");
    w.edge.tell(w.edge.of("ann")[0]!, "room:removed", { room: "doc:1", reason });
    await w.clock.advance(60_000);
    expect(room.status.get()).toBe("failed");
    expect(room.error()).toMatchObject({ code });
    expect(room.members.get()).toEqual([]);
    expect(w.edge.count("room:join")).toBe(2);
    expect(other.room.status.get()).toBe("live");
  });
});

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

describe("events", () => {
  it("reach their room's handlers and the client's, each once", async () => {
    const w = world();
    const { client, room } = await joined(w);
    const other = client.room("doc:2");
    const heard: unknown[] = [];
    room.on("cursor:moved", (data) => heard.push(["room", data]));
    client.on("cursor:moved", (data) => heard.push(["client", data]));
    other.on("cursor:moved", (data) => heard.push(["other", data]));
    const bob = await joined(w, "bob");
    await Promise.all([bob.room.publish("cursor:moved", { x: 1 }), w.clock.advance(20)]);
    expect(heard).toEqual([
      ["room", { x: 1 }],
      ["client", { x: 1 }],
    ]);
  });

  it("[F5] those with a history come in order, without a hole, over any loss of the connection", async () => {
    const w = world();
    const { room } = await joined(w);
    const model = w.edge.room("doc:1");
    model.pageSize = 3;
    const heard: unknown[] = [];
    room.on("chat:said", (data) => heard.push(data));
    const say = (from: number, to: number) => {
      for (let i = from; i < to; i++) w.edge.send("doc:1", model.say("chat:said", i));
    };
    say(0, 5);
    await w.clock.advance(10);
    await w.net.setDown(true);
    say(5, 15);
    await w.clock.advance(3_000);
    await w.net.setDown(false);
    await w.clock.until(() => room.status.get() === "live", "live", 20_000);
    say(15, 20);
    await w.clock.advance(10);
    expect(heard).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(room.history.get().map(([, data]) => data)).toEqual(heard);
  });

  it("[F8] a hole that cannot be filled is told, with the last number known", async () => {
    const w = world();
    const { room } = await joined(w);
    const model = w.edge.room("doc:1");
    const missed: unknown[] = [];
    room.onMissed((what) => missed.push(what));
    for (let i = 0; i < 5; i++) w.edge.send("doc:1", model.say("chat:said", i));
    await w.clock.advance(10);
    await w.net.setDown(true);
    for (let i = 0; i < 5; i++) model.say("chat:said", i);
    model.trimmed = 8;
    await w.net.setDown(false);
    await w.clock.until(() => room.status.get() === "live", "live", 20_000);
    expect(missed).toEqual([{ after: 5 }]);
    model.rebirth();
    model.say("chat:said", 1);
    await w.net.cut();
    await w.clock.until(() => room.view()!.epoch === "c0.2", "another life", 20_000);
    expect(missed).toEqual([{ after: 5 }, { after: undefined }]);
  });

  it("a handler finds the room as the event left it", async () => {
    const w = world();
    const { room } = await joined(w);
    let seen: unknown;
    room.on("chat:said", () => {
      seen = room.history.get().length;
    });
    w.edge.send("doc:1", w.edge.room("doc:1").say("chat:said", "hi"));
    await w.clock.advance(10);
    expect(seen).toBe(1);
  });

  it("a room that its handler leaves hears no more", async () => {
    const w = world();
    const { room } = await joined(w);
    let heard = 0;
    room.on("chat:said", () => {
      heard++;
      void room.leave();
    });
    for (let i = 0; i < 3; i++) w.edge.send("doc:1", w.edge.room("doc:1").say("chat:said", i));
    await w.clock.advance(30);
    expect(heard).toBe(1);
    expect(room.status.get()).toBe("idle");
  });

  it("publish answers with the number; without the room it is refused here", async () => {
    const w = world();
    const { client, room } = await joined(w);
    const said = outcome(room.publish("chat:said", "hi"));
    await w.clock.advance(20);
    expect(said.value).toMatchObject({ seq: 1 });
    await expect(client.room("doc:2").publish("chat:said", "hi")).rejects.toMatchObject({ code: "NOT_A_MEMBER" });
    expect(client.room("doc:2").send("cursor:moved", 1)).toBe(false);
    await w.net.setDown(true);
    await w.clock.advance(10);
    await expect(room.publish("chat:said", "hi")).rejects.toMatchObject({ code: "OFFLINE" });
    expect(room.send("cursor:moved", 1)).toBe(false);
  });

  it("[Q1] back online but not joined again, nothing is sent to the room", async () => {
    const w = world();
    const { client, room } = await joined(w);
    w.edge.mute.add("room:join");
    await w.net.cut();
    await w.clock.until(() => client.status.get().phase === "online", "online again");
    await expect(room.publish("chat:said", "hi")).rejects.toMatchObject({ code: "OFFLINE" });
    expect(room.send("cursor:moved", 1)).toBe(false);
    await w.clock.advance(20);
    expect(w.edge.count("chat:said") + w.edge.count("cursor:moved")).toBe(0);
  });

  it("[Q3] with `wait`, a publish waits for the room to be joined again", async () => {
    const w = world();
    const { room } = await joined(w);
    await w.net.cut();
    await w.clock.advance(10);
    const said = outcome(room.publish("chat:said", "hi", { offline: "wait" }));
    await w.clock.until(() => said.settled, "an answer");
    expect(said.value).toMatchObject({ seq: 1 });
  });

  it("histories and members can be read by page", async () => {
    const w = world();
    const { room } = await joined(w);
    for (let i = 0; i < 5; i++) w.edge.room("doc:1").say("chat:said", i);
    const page = outcome(room.readHistory({ after: 3 }));
    const members = outcome(room.readMembers({ limit: 1 }));
    await w.clock.advance(20);
    expect(page.value!.events.map(([, data]) => data)).toEqual([3, 4]);
    expect(members.value!.members).toMatchObject([{ user: "ann" }]);
  });
});

describe("optimistic state", () => {
  it("[O1] a write is seen at once, and is pending until the server says so", async () => {
    const w = world();
    const { room } = await joined(w);
    const set = outcome(room.state.set("title", "a"));
    expect(room.state.get("title")).toBe("a");
    expect(room.state.entry("title")).toMatchObject({ value: "a", by: "ann", pending: true });
    await w.clock.advance(20);
    expect(set.value).toEqual({ epoch: "c0.1", version: 1 });
    expect(room.state.entry("title")).toEqual({ key: "title", value: "a", version: 1, by: "ann" });
  });

  it("[O2] a write never flickers, whether its answer or its diff comes first", async () => {
    for (const late of ["room:state", "nothing"]) {
      const w = world();
      const { room } = await joined(w);
      const seen: unknown[] = [];
      room.state.subscribe(() => seen.push(room.state.get("title")));
      w.net.passes = (name) => name !== late;
      void room.state.set("title", "a");
      await w.clock.advance(50);
      w.net.passes = () => true;
      w.edge.send("doc:1", w.edge.room("doc:1").apply({ kind: "set", key: "other", value: 1 }));
      await w.clock.until(() => room.state.get("other") === 1, "the next diff");
      expect(new Set(seen)).toEqual(new Set(["a"]));
      expect(room.state.entry("title")).not.toHaveProperty("pending");
    }
  });

  it("[O3] [S1] a CONFLICT takes back what was shown, and tells the version", async () => {
    const w = world();
    const { room } = await joined(w);
    const model = w.edge.room("doc:1");
    w.edge.send("doc:1", model.apply({ kind: "set", key: "note", value: "first" }));
    await w.clock.advance(10);
    w.edge.send("doc:1", model.apply({ kind: "set", key: "note", value: "theirs" }));
    const mine = outcome(room.state.set("note", "mine", { if: { version: room.state.entry("note")!.version } }));
    expect(room.state.get("note")).toBe("mine");
    await w.clock.advance(20);
    expect(mine.error).toMatchObject({ code: "CONFLICT", details: { op: 0, version: 2 } });
    expect(room.state.get("note")).toBe("theirs");
  });

  it("[O1] later writes lie on earlier ones, and survive their fall", async () => {
    const w = world();
    const { room } = await joined(w);
    w.edge.refuse("state:patch", "FORBIDDEN");
    const first = outcome(room.state.increment("n", 5));
    const second = outcome(room.state.increment("n", 2));
    const third = outcome(room.state.delete("other"));
    expect(room.state.get("n")).toBe(7);
    await w.clock.advance(20);
    expect(first.error).toMatchObject({ code: "FORBIDDEN" });
    expect([second.settled, third.settled]).toEqual([true, true]);
    expect(room.state.get("n")).toBe(2);
    expect(w.edge.room("doc:1").states.at(-1)!.get("n")!.value).toBe(2);
  });

  it("[O4] no more than 64 writes wait; a room that is left forgets them", async () => {
    const w = world();
    const { room } = await joined(w);
    w.edge.mute.add("state:patch");
    for (let i = 0; i < 64; i++) outcome(room.state.set(`k${i}`, i));
    await expect(room.state.set("one more", 1)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(room.state.entries.get().size).toBe(64);
    await Promise.all([room.leave(), w.clock.advance(20)]);
    expect(room.state.entries.get().size).toBe(0);
  });

  it("the entries keep their identity while nothing changes", async () => {
    const w = world();
    const { room } = await joined(w);
    await Promise.all([room.state.set("a", 1), w.clock.advance(20)]);
    const before = room.state.entries.get();
    await joined(w, "bob");
    await w.clock.advance(20);
    expect(room.state.entries.get()).toBe(before);
  });
});
