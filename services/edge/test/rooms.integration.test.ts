import type { JoinAck, Member, RosterDiff } from "@rollcall/contracts";
import { type TestClient, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CALM, startWorld, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({
    edges: 2,
    env: { ...CALM, MAX_IN_FLIGHT: "1000", EVENTS_PER_SECOND: "5000", USER_EVENTS_PER_SECOND: "5000" },
  });
});
afterAll(() => world[Symbol.asyncDispose]());

/** A client's fold of a room, by the rules of the wire contract; throws at a gap. */
class Fold {
  members = new Map<string, Member>();
  version = 0;
  epoch = "";

  join(ack: JoinAck): void {
    this.epoch = ack.epoch;
    this.version = ack.roster.version;
    this.members = new Map((ack.roster.members ?? []).map((member) => [member.user, member]));
  }
  apply(diff: RosterDiff): void {
    if (diff.epoch !== this.epoch) throw new Error("another epoch");
    if (diff.to <= this.version) return;
    if (diff.from > this.version) throw new Error(`gap: ${diff.from} > ${this.version}`);
    for (const member of [...(diff.joined ?? []), ...(diff.updated ?? [])]) this.members.set(member.user, member);
    for (const user of diff.left ?? []) this.members.delete(user);
    this.version = diff.to;
    if (diff.count !== this.members.size) throw new Error(`count ${diff.count}, members ${this.members.size}`);
  }
}

const texts = (client: TestClient) =>
  client.eventsOf("chat:said").map(({ payload }) => (payload as { text: string }).text);

describe("a room", () => {
  it("[P8] relays arrive once and in one order on both edges, under 2,000 concurrent ones", async () => {
    const [a, b] = [await world.user(0, "a"), await world.user(1, "b")];
    const senders = await Promise.all([0, 1, 0, 1].map((edge, i) => world.user(edge, `s${i}`)));
    for (const one of [a, b, ...senders]) await one.call("room:join", { room: "doc:order" });
    // The 2nd, 4th and 6th came here.
    expect(await world.edges[1]!.metrics.render()).toMatch(/^rollcall_edge_joined_room_members_sum 12$/m);
    const acks = senders.map(async (sender, s) => {
      for (let batch = 0; batch < 10; batch++) {
        const sent = Array.from({ length: 50 }, (_, i) =>
          sender.emitAck("cursor:moved", { room: "doc:order", data: { x: s, y: batch * 50 + i } }),
        );
        expect((await Promise.all(sent)).filter(({ ok }) => !ok)).toEqual([]);
      }
    });
    await Promise.all(acks);
    await waitFor(() => a.eventsOf("cursor:moved").length === 2_000 && b.eventsOf("cursor:moved").length === 2_000, {
      timeoutMs: 10_000,
      what: () => `2000 at both: ${a.eventsOf("cursor:moved").length}, ${b.eventsOf("cursor:moved").length}`,
    });
    const ids = (client: TestClient) => client.eventsOf("cursor:moved").map(({ meta }) => meta!.id);
    expect(ids(a)).toEqual(ids(b));
    expect(new Set(ids(a)).size).toBe(2_000);
    for (const sender of [0, 1, 2, 3]) {
      const own = a.eventsOf("cursor:moved").filter(({ payload }) => (payload as { x: number }).x === sender);
      const order = own.map(({ payload }) => (payload as { y: number }).y);
      expect(order).toEqual(Array.from({ length: 500 }, (_, i) => i)); // a session's own order is kept
    }
    await Promise.all([a, b, ...senders].map((one) => one.close()));
  });

  it("[P7] a join amid a storm of joins and relays has no gap, and gets every relay after its ack and none before", async () => {
    const writer = await world.user(0, "writer");
    await writer.call("room:join", { room: "doc:storm" });
    let running = true;
    let sent = 0;
    const writing = (async () => {
      while (running) {
        await Promise.all(
          Array.from({ length: 5 }, () =>
            writer.call("cursor:moved", { room: "doc:storm", data: { x: 0, y: sent++ } }),
          ),
        );
      }
    })();
    const joiners = await Promise.all(Array.from({ length: 24 }, (_, i) => world.user(i % 2, `j${i}`)));
    const folds = joiners.map(() => new Fold());
    await Promise.all(
      joiners.map(
        (joiner, i) =>
          new Promise<void>((resolve) =>
            joiner.socket.emit("room:join", { room: "doc:storm" }, (ack: { data: JoinAck }) => {
              expect(joiner.events.map(({ name }) => name)).toEqual(["session:ready"]); // nothing of the room before
              folds[i]!.join(ack.data);
              resolve();
            }),
          ),
      ),
    );
    const seen = joiners.map((joiner) => joiner.eventsOf("cursor:moved").length);
    await waitFor(() => joiners.every((joiner, i) => joiner.eventsOf("cursor:moved").length > seen[i]! + 20));
    running = false;
    await writing;
    const last = sent - 1;
    const yOf = (joiner: TestClient) =>
      joiner.eventsOf("cursor:moved").map(({ payload }) => (payload as { y: number }).y);
    await waitFor(() => joiners.every((joiner) => yOf(joiner).at(-1) === last));
    for (const joiner of joiners) {
      const ys = yOf(joiner);
      expect(ys).toEqual(Array.from({ length: ys.length }, (_, k) => ys[0]! + k)); // once, in order, without a hole
    }
    const truth = await writer.call<{ members: Member[]; version: number }>("room:members", {
      room: "doc:storm",
      limit: 500,
    });
    await waitFor(() => {
      for (const [i, joiner] of joiners.entries()) {
        for (const { payload } of joiner.eventsOf("room:roster")) folds[i]!.apply(payload as RosterDiff);
      }
      return folds.every(({ version }) => version === truth.version);
    });
    for (const fold of folds)
      expect([...fold.members.keys()].toSorted()).toEqual(truth.members.map(({ user }) => user).toSorted());
    await Promise.all([writer, ...joiners].map((one) => one.close()));
  });

  it("with history a repeat of an id is answered alike and changes nothing, and seq is consecutive for all", async () => {
    const [a, b] = [await world.user(0, "a"), await world.user(1, "b")];
    for (const one of [a, b]) await one.call("room:join", { room: "chat:h" });
    const first = await a.call("chat:said", { room: "chat:h", data: { text: "1" } }, { id: "m-1" });
    expect(await a.call("chat:said", { room: "chat:h", data: { text: "1 again" } }, { id: "m-1" })).toEqual(first);
    await b.call("chat:said", { room: "chat:h", data: { text: "2" } });
    await waitFor(() => texts(a).length === 2 && texts(b).length === 2);
    expect(texts(a)).toEqual(["1", "2"]);
    expect(a.eventsOf("chat:said").map(({ meta }) => meta?.seq)).toEqual([1, 2]);
    expect(a.eventsOf("chat:said")[0]!.meta).toMatchObject({ re: "m-1", from: { user: "a" } });
    const page = await a.call<{ events: [string, unknown, { seq: number }][] }>("room:history", { room: "chat:h" });
    expect(page.events.map(([, , meta]) => meta.seq)).toEqual([1, 2]);
    const late = await world.user(1, "late");
    const ack = await late.call<JoinAck>("room:join", { room: "chat:h", last: 1 });
    expect(ack.history.events?.map(([, payload]) => payload)).toEqual([{ text: "2" }]);
    await Promise.all([a, b, late].map((one) => one.close()));
  });

  it("a session's relays keep its order, whichever way each of them goes", async () => {
    const [a, b] = [await world.user(0, "a"), await world.user(1, "b")];
    for (const one of [a, b]) await one.call("room:join", { room: "doc:mixed" });
    const acks = Array.from({ length: 300 }, (_, y) => {
      const meta = y % 7 === 0 ? { id: `mixed-${y}` } : undefined; // with an id through presence, else straight
      return a.emitAck("cursor:moved", { room: "doc:mixed", data: { x: 0, y } }, meta);
    });
    expect((await Promise.all(acks)).filter(({ ok }) => !ok)).toEqual([]);
    await waitFor(() => b.eventsOf("cursor:moved").length === 300);
    const order = b.eventsOf("cursor:moved").map(({ payload }) => (payload as { y: number }).y);
    expect(order).toEqual(Array.from({ length: 300 }, (_, y) => y));
    await Promise.all([a, b].map((one) => one.close()));
  });

  it("after leaving nothing of it arrives, and it can be joined again; leaving twice is no error", async () => {
    const [a, b] = [await world.user(0, "a"), await world.user(0, "b")];
    for (const one of [a, b]) await one.call("room:join", { room: "doc:leave" });
    await b.call("room:leave", { room: "doc:leave" });
    expect(await b.call("room:leave", { room: "doc:leave" })).toEqual({ room: "doc:leave" });
    b.clearEvents();
    await a.call("cursor:moved", { room: "doc:leave", data: { x: 1, y: 1 } });
    expect(await b.emitAck("cursor:moved", { room: "doc:leave", data: { x: 1, y: 1 } })).toMatchObject({
      error: { code: "NOT_A_MEMBER" },
    });
    // A leave right behind a join of the same tick wins; a join right behind a leave, too.
    const [joined, left] = await Promise.all([
      b.emitAck("room:join", { room: "doc:leave" }),
      b.emitAck("room:leave", { room: "doc:leave" }),
    ]);
    expect([joined.ok, left.ok]).toEqual([true, true]);
    expect(await b.emitAck("room:members", { room: "doc:leave" })).toMatchObject({ error: { code: "NOT_A_MEMBER" } });
    await Promise.all([b.call("room:leave", { room: "doc:leave" }), b.call("room:join", { room: "doc:leave" })]);
    expect(await b.emitAck("room:members", { room: "doc:leave" })).toMatchObject({ ok: true, data: { count: 2 } });
    expect(b.eventsOf("cursor:moved")).toEqual([]);
    await Promise.all([a, b].map((one) => one.close()));
  });

  it("an observer is in no roster, receives, and may not update or bind", async () => {
    const [a, o] = [await world.user(0, "a"), await world.user(1, "o")];
    await a.call("room:join", { room: "doc:obs" });
    const ack = await o.call<JoinAck>("room:join", { room: "doc:obs", observe: true });
    expect(ack.count).toBe(1);
    await a.call("cursor:moved", { room: "doc:obs", data: { x: 1, y: 1 } });
    await o.waitForEvent("cursor:moved");
    expect(await o.emitAck("room:update", { room: "doc:obs", info: { color: "red" } })).toMatchObject({
      error: { code: "FORBIDDEN" },
    });
    const bind = { room: "doc:obs", ops: [{ op: "set", key: "cursor:o", value: {} }] };
    expect(await o.emitAck("state:patch", bind)).toMatchObject({ error: { code: "FORBIDDEN" } });
    expect(a.eventsOf("room:roster")).toEqual([]);
    await Promise.all([a, o].map((one) => one.close()));
  });

  it("state patches reach everyone as diffs; a failed condition is CONFLICT", async () => {
    const [a, b] = [await world.user(0, "a"), await world.user(1, "b")];
    for (const one of [a, b]) await one.call("room:join", { room: "doc:state" });
    await a.call("state:patch", { room: "doc:state", ops: [{ op: "set", key: "title", value: "x" }] });
    const diff = await b.waitForEvent("room:state");
    expect(diff.payload).toMatchObject({ room: "doc:state", set: [{ key: "title", value: "x", by: "a" }] });
    const stale = { room: "doc:state", ops: [{ op: "set", key: "title", value: "y", if: { absent: true } }] };
    expect(await b.emitAck("state:patch", stale)).toMatchObject({ error: { code: "CONFLICT" } });
    const read = await b.call<{ entries: { key: string; value: unknown }[] }>("state:get", { room: "doc:state" });
    expect(read.entries).toMatchObject([{ key: "title", value: "x" }]);
    await Promise.all([a, b].map((one) => one.close()));
  });

  it("[P16] when everyone is gone the edges hold nothing", async () => {
    await waitFor(() => world.edges.every(({ edge }) => edge.sessions === 0));
    await waitFor(() => world.edges.every(({ edge }) => edge.held().mirrored === 0));
    for (const { edge } of world.edges) {
      expect(edge.held()).toEqual({ sessions: 0, targets: 0, gates: 0, watched: 0, unjoined: 0, mirrored: 0 });
    }
  });
});
