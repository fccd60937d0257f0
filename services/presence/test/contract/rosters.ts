/** The contract of every store: rosters. Rules are those of `src/core/SPEC.md`. */

import { describe, expect, test } from "vitest";
import { contractHarness, KEEP, type MakeWorld, START_MS } from "./harness.ts";

export function rostersContract(name: string, make: MakeWorld): void {
  const h = contractHarness(make);
  const { at, begin, hello, apply, ref, open, joinRaw, join, enter, pass, events, payloads, kinds, room, members } = h;

  describe(`${name}: rosters`, () => {
    test("[R1][P5] a member's facts follow from its sessions: devices, earliest since, latest name and info", async () => {
      await hello("e1");
      const phone = {
        ref: ref("ann", "phone"),
        incarnation: (await open("e1", ref("ann", "phone"), { name: "Ann" })).incarnation,
      };
      await at(1_000);
      const laptop = {
        ref: ref("ann", "laptop"),
        incarnation: (await open("e1", ref("ann", "laptop"), { name: "Ann L." })).incarnation,
      };
      await join("e1", phone.ref, phone.incarnation, "a", { info: { x: 1 } });
      await at(1_000);
      await join("e1", laptop.ref, laptop.incarnation, "a", { info: null });
      const facts = { user: "ann", devices: 2, sinceMs: START_MS + 1_000 };
      expect((await room("a")).members).toEqual([{ ...facts, name: '"Ann L."', info: undefined }]);
      await apply("e1", { op: "close", ...laptop, how: "leave" });
      expect((await room("a")).members).toEqual([{ ...facts, devices: 1, name: '"Ann"', info: '{"x":1}' }]);
      const diffs = await payloads("room:roster");
      expect(
        diffs.map(({ joined, updated }) => Object.keys({ ...(joined && { joined }), ...(updated && { updated }) })),
      ).toEqual([["joined"], ["updated"], ["updated"]]);
    });

    test("[R2][P7][P8] diffs are consecutive and fold to the roster", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      await enter("e1", "bob", "a");
      await apply("e1", { op: "update", ...ann, room: "a", info: "hi" });
      await apply("e1", { op: "leave", ...ann, room: "a", reason: "leave" });
      await apply("e1", { op: "leave", ...ann, room: "a", reason: "leave" });
      const folded = new Map<string, unknown>();
      let version = 0;
      for (const { from, to, joined = [], updated = [], left = [], count } of await payloads("room:roster")) {
        expect(from).toBe(version);
        version = to;
        for (const member of [...joined, ...updated]) folded.set(member.user, member);
        for (const user of left) folded.delete(user);
        expect(count).toBe(folded.size);
      }
      const now = await room("a");
      expect(version).toBe(now.version);
      expect([...folded.keys()]).toEqual(now.members.map(({ user }) => user));
    });

    test("[R2] a diff names the client's id of the message that caused it", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a", { id: "j1" });
      await apply("e1", { op: "update", ...ann, room: "a", info: "hi", id: "u1" });
      await apply("e1", { op: "update", ...ann, room: "a", info: "ho" });
      await apply("e1", { op: "leave", ...ann, room: "a", reason: "leave", id: "l1" });
      const causes = (await events("room:roster")).map(({ meta }) => (meta as { re?: string }).re);
      expect(causes).toEqual(["j1", "u1", undefined, "l1"]);
    });

    test.each([
      ["sampled", "01", true, true],
      ["sampled and random", "03", true, true],
      ["not sampled", "00", true, false],
      ["random, not sampled", "02", true, false],
      ["clients may not see it", "01", false, false],
    ])(
      "the trace of a join goes to clients when it is sampled and they may see it: %s",
      async (_title, flags, may, told) => {
        const traceparent = `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`;
        await begin({ traceToClient: may });
        await hello("e1");
        await enter("e1", "ann", "a", { traceparent });
        const meta = (await h.events("room:roster"))[0]?.meta;
        expect(meta).toEqual(
          told ? expect.objectContaining({ traceparent }) : expect.not.objectContaining({ traceparent }),
        );
      },
    );

    test("[P8] a join tells its own place in the log and what it changed", async () => {
      await hello("e1");
      await enter("e1", "ann", "a");
      const bob = ref("bob");
      const { incarnation } = await open("e1", bob);
      const facts = await join("e1", bob, incarnation, "a");
      expect(facts).toMatchObject({ version: 3, count: 2, change: { kind: "joined", from: 2 } });
      expect(await h.world.rank(facts.position)).toBe((await h.world.log()).length);
      await apply("e1", { op: "set", ref: bob, incarnation, status: "busy" });
      const again = await join("e1", bob, incarnation, "a");
      expect(again).toMatchObject({ version: 3, change: undefined });
      expect(await h.world.rank(again.position)).toBe((await h.world.log()).length);
    });

    test("[R5] an observer is in no roster or count, may not update, and keeps no room alive", async () => {
      await hello("e1");
      const session = ref("ann");
      const { incarnation } = await open("e1", session);
      const told = await h.world.log();
      expect(await join("e1", session, incarnation, "a", { observe: true })).toMatchObject({ count: 0, version: 0 });
      expect(await h.world.log()).toEqual(told);
      const update = { op: "update" as const, ref: session, incarnation, room: "a", info: 1 };
      expect(await apply("e1", update)).toMatchObject({ code: "FORBIDDEN" });
      expect(await apply("e1", { ...update, room: "b" })).toMatchObject({ code: "NOT_A_MEMBER" });
      await join("e1", session, incarnation, "a");
      expect(await members("a")).toEqual([["ann", 1]]);
      await join("e1", session, incarnation, "a", { observe: true });
      expect(await members("a")).toEqual([]);
      expect((await kinds()).slice(-2)).toEqual(["left", "vacated"]);
    });

    test("ROOM_FULL counts users, not devices; a session has at most 100 rooms", async () => {
      await hello("e1");
      const rules = { ...KEEP, maxMembers: 1 };
      await enter("e1", "ann", "a", { rules });
      const laptop = ref("ann", "laptop");
      expect(await join("e1", laptop, (await open("e1", laptop)).incarnation, "a", { rules })).toMatchObject({
        count: 1,
      });
      const bob = ref("bob");
      const { incarnation } = await open("e1", bob);
      expect(await joinRaw("e1", bob, incarnation, "a", { rules })).toMatchObject({ code: "ROOM_FULL" });
      expect(await joinRaw("e1", bob, incarnation, "a", { rules, observe: true })).toMatchObject({ kind: "join" });
      for (let i = 1; i < 100; i++) await join("e1", bob, incarnation, `r${i}`);
      expect(await joinRaw("e1", bob, incarnation, "r100")).toMatchObject({ code: "LIMIT_EXCEEDED" });
      expect(await joinRaw("e1", bob, incarnation, "r99")).toMatchObject({ kind: "join" });
    });

    test("[R3] a large room tells counts, at most one a second, and comes back by a resync", async () => {
      await begin({ occupancyAbove: 3, occupancyBelow: 1 });
      await hello("e1");
      const all = [];
      for (const user of ["a", "b", "c", "d", "e", "f"]) all.push(await enter("e1", user, "big"));
      expect(await payloads("room:roster")).toHaveLength(3);
      expect(await payloads("room:occupancy")).toMatchObject([{ room: "big", version: 5, count: 4 }]);
      expect((await room("big")).occupancy).toBe(true);
      await pass(1_250, ["e1"]);
      expect(await payloads("room:occupancy")).toMatchObject([{ count: 4 }, { version: 7, count: 6 }]);
      for (const one of all.slice(1)) await apply("e1", { op: "leave", ...one, room: "big", reason: "leave" });
      expect(await payloads("room:resync")).toMatchObject([{ room: "big", streams: ["roster"], reason: "mode" }]);
      await pass(3_000, ["e1"]);
      expect(await payloads("room:occupancy")).toHaveLength(2);
      expect((await room("big")).occupancy).toBe(false);
    });

    test("[R4][P16] a room's life outlasts its members by its retention; the next has another epoch", async () => {
      await hello("e1");
      const stay = (retainMs: number) => ({ rules: { retainMs } });
      const ann = await enter("e1", "ann", "a", stay(5_000));
      const first = await room("a");
      await apply("e1", { op: "leave", ...ann, room: "a", reason: "leave" });
      await pass(3_000, ["e1"]);
      expect(await join("e1", ann.ref, ann.incarnation, "a", stay(5_000))).toMatchObject({
        roomEpoch: first.roomEpoch,
      });
      await apply("e1", { op: "leave", ...ann, room: "a", reason: "leave" });
      await pass(6_000, ["e1"]);
      const again = await join("e1", ann.ref, ann.incarnation, "a", stay(0));
      expect(again.roomEpoch).not.toBe(first.roomEpoch);
      expect(again.version).toBe(2);
      await apply("e1", { op: "close", ...ann, how: "leave" });
      await apply("e1", { op: "bye" });
      await pass(250);
      expect(await h.world.remains()).toEqual([]);
    });

    test("rooms are listed by prefix and page, while somebody is in them", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "doc:1");
      for (const id of ["doc:2", "doc:3", "other", "do"]) await join("e1", ann.ref, ann.incarnation, id);
      const list = async (prefix: string, after = "", limit = 10) =>
        (await h.world.store.rooms("main", "/", { prefix, after, limit })).rooms.map((one) => one.room);
      expect(await list("doc:")).toEqual(["doc:1", "doc:2", "doc:3"]);
      expect(await list("doc:", "doc:1", 1)).toEqual(["doc:2"]);
      expect(await list("")).toEqual(["do", "doc:1", "doc:2", "doc:3", "other"]);
      await apply("e1", { op: "leave", ...ann, room: "doc:2", reason: "leave" });
      expect(await list("doc:")).toEqual(["doc:1", "doc:3"]);
    });
  });
}
