/** The contract of every store: cell and edges. Rules are those of `src/core/SPEC.md`. */

import { digestHashes, digestItem, type LaneOp, type SessionRef } from "@rollcall/contracts/internal";
import { describe, expect, test } from "vitest";
import { contractHarness, KEEP, type MakeWorld } from "./harness.ts";

export function edgesContract(name: string, make: MakeWorld): void {
  const h = contractHarness(make);
  const { hello, send, apply, as, ref, open, joinRaw, join, enter, pass, kinds, room, members } = h;

  describe(`${name}: cell and edges`, () => {
    test("[C2][C3][P10] a call that knows another run changes nothing; the epoch rises and edges begin anew", async () => {
      const { epoch } = await h.world.store.hello("e1");
      const session = await enter("e1", "ann", "doc:1");
      await h.world.flush();
      const lease = await h.world.store.lease("e1");
      expect(lease.status).toBe("UNKNOWN_EDGE");
      expect(Number(lease.epoch)).toBeGreaterThan(Number(epoch));
      expect(lease.brake).toBe(true);
      expect(await send("e1", { op: "close", ...session, how: "leave" })).toMatchObject({ status: "UNKNOWN_EDGE" });
      expect(await kinds()).toEqual(["epoch"]);
    });

    test("[C3][P6] a failover keeps records under a greater epoch; nobody is offline who is asserted in time", async () => {
      await hello("e1");
      const session = await enter("e1", "ann", "doc:1");
      const before = await room("doc:1");
      await h.world.failover();
      await hello("e1b");
      const after = await room("doc:1");
      expect(Number(after.roomEpoch)).toBeGreaterThan(Number(before.roomEpoch));
      const rooms = [{ room: "doc:1", observe: false, rules: KEEP }];
      await apply("e1b", {
        op: "assert",
        round: "r",
        last: true,
        sessions: [{ ...session, issuedAtMs: 1, expiresAtMs: 2, rooms }],
      });
      const last = await pass(60_000, ["e1b"]);
      expect(last.brake).toBe(false);
      expect(await members("doc:1")).toEqual([["ann", 1]]);
      expect(await kinds()).not.toContain("offline");
    });

    test("[C3] the very first epoch needs no brake: nobody can be missing", async () => {
      expect(await h.world.store.hello("e1")).toMatchObject({ status: "OK", brake: false });
    });

    test("[E1][P11] an unknown, a fenced and a departed edge are told the same", async () => {
      await hello("e1", "e2");
      expect((await h.world.store.lease("never")).status).toBe("UNKNOWN_EDGE");
      await apply("e1", { op: "bye" });
      expect((await h.world.store.lease("e1")).status).toBe("UNKNOWN_EDGE");
      expect((await h.world.store.hello("e1")).status).toBe("UNKNOWN_EDGE");
      expect((await send("e1", { op: "bye" })).status).toBe("UNKNOWN_EDGE");
    });

    test("[L1][P11] operations apply once and in order: a repeat says so, a gap applies nothing", async () => {
      await hello("e1");
      const { incarnation } = await open("e1", ref("ann"));
      const op = { n: 2, op: "join" as const, ref: ref("ann"), incarnation, room: "a", rules: KEEP, observe: false };
      const run = (...ops: LaneOp[]) => h.world.store.lane("e1", ops);
      expect(await run({ ...op, n: 3 }, { ...op, n: 4 })).toMatchObject({
        results: [{ kind: "gap" }, { kind: "gap" }],
      });
      expect(await members("a")).toEqual([]);
      expect(await run(op)).toMatchObject({ results: [{ kind: "join" }] });
      const log = await h.world.log();
      for (const n of [2, 1]) expect(await run({ ...op, n })).toMatchObject({ results: [{ kind: "repeat" }] });
      expect(await h.world.log()).toEqual(log);
    });

    test("[L2] a refused operation counts as applied", async () => {
      await hello("e1");
      await open("e1", ref("ann"));
      const outcome = await send(
        "e1",
        { op: "join", ref: ref("bob"), incarnation: 1, room: "a", rules: KEEP, observe: false },
        { op: "open", ref: ref("bob"), issuedAtMs: 1, expiresAtMs: 2 },
      );
      expect(outcome).toMatchObject({ results: [{ kind: "error", code: "UNAVAILABLE" }, { kind: "open" }] });
    });

    test("[L3][P11] what an older incarnation or another edge says changes nothing", async () => {
      await hello("e1", "e2");
      const session = await enter("e1", "ann", "a");
      const back = await open("e2", session.ref);
      const before = [await h.world.log(), await h.world.outbox()];
      expect(await apply("e1", { op: "close", ...session, how: "leave" })).toEqual({ kind: "done" });
      expect(await joinRaw("e1", session.ref, session.incarnation, "b")).toMatchObject({ code: "CONFLICT" });
      expect(await joinRaw("e1", session.ref, back.incarnation, "b")).toMatchObject({ code: "CONFLICT" });
      expect(await joinRaw("e2", session.ref, session.incarnation, "b")).toMatchObject({ code: "CONFLICT" });
      expect([await h.world.log(), await h.world.outbox()]).toEqual(before);
    });

    const fold = (...items: string[]) => {
      const digest = { count: items.length, x1: 0, x2: 0 };
      for (const [a, b] of items.map(digestHashes)) Object.assign(digest, { x1: digest.x1 ^ a, x2: digest.x2 ^ b });
      return digest;
    };
    const mine = (one: { ref: SessionRef; incarnation: number }, ...rooms: string[]) => [
      digestItem(one.ref, one.incarnation),
      ...rooms.map((id) => digestItem(one.ref, one.incarnation, id)),
    ];
    const equal = async (edge: string, ...items: string[]) =>
      as(await apply(edge, { op: "digest", digest: fold(...items) }), "digest").equal;

    test("[E2] the digest an edge folds from what it holds is the one recorded", async () => {
      await hello("e1", "e2");
      const ann = await enter("e1", "ann", "a");
      const bob = await enter("e1", "bob", "a");
      await join("e1", bob.ref, bob.incarnation, "b", { observe: true });
      expect(await equal("e1", ...mine(ann, "a"), ...mine(bob, "a", "b"))).toBe(true);
      expect(await equal("e1", ...mine(ann, "a"), ...mine(bob, "a"))).toBe(false);
      const moved = { ref: bob.ref, incarnation: (await open("e2", bob.ref)).incarnation };
      expect(await equal("e1", ...mine(ann, "a"))).toBe(true);
      expect(await equal("e2", ...mine(moved, "a", "b"))).toBe(true);
      await apply("e2", { op: "leave", ...moved, room: "a", reason: "leave" });
      await apply("e1", { op: "close", ...ann, how: "lost" });
      expect(await equal("e1")).toBe(true);
      expect(await equal("e2", ...mine(moved, "b"))).toBe(true);
    });

    test.each([
      ["the first of three", "a", ["b", "c"]],
      ["one between two", "b", ["a", "c"]],
      ["the last of three", "c", ["a", "b"]],
    ])("[E2][P9] leaving %s leaves nothing to repair", async (_title, left, kept) => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      for (const id of ["b", "c"]) await join("e1", ann.ref, ann.incarnation, id);
      await apply("e1", { op: "leave", ...ann, room: left, reason: "leave" });
      expect(await equal("e1", ...mine(ann, ...kept))).toBe(true);
      for (const id of kept) await apply("e1", { op: "leave", ...ann, room: id, reason: "leave" });
      expect(await equal("e1", ...mine(ann))).toBe(true);
    });

    test("[E2][P9] joining the other way, and a membership that an assertion leaves, keep the digest", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      await join("e1", ann.ref, ann.incarnation, "b");
      await join("e1", ann.ref, ann.incarnation, "a", { observe: true });
      expect(await equal("e1", ...mine(ann, "a", "b"))).toBe(true);
      const rooms = [{ room: "b", observe: false, rules: KEEP }];
      const sessions = [{ ...ann, issuedAtMs: 1, expiresAtMs: 2, rooms }];
      expect(await apply("e1", { op: "assert", round: "r", last: true, sessions })).toMatchObject({ ghosts: 1 });
      expect(await equal("e1", ...mine(ann, "b"))).toBe(true);
    });
  });
}
