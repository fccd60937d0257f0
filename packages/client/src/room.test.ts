import { describe, expect, it } from "vitest";
import { joined, outcome, users, world } from "../test/world.ts";

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
