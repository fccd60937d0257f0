/** The contract of every store: sessions. Rules are those of `src/core/SPEC.md`. */

import type { LaneOp } from "@rollcall/contracts/internal";
import { describe, expect, test } from "vitest";
import type { SweepReport } from "../../src/store.ts";
import { BOUNDS } from "../worlds.ts";
import { contractHarness, DROP, KEEP, type MakeWorld, type OpBody, START_MS } from "./harness.ts";

export function sessionsContract(name: string, make: MakeWorld): void {
  const h = contractHarness(make);
  const { at, hello, apply, ref, open, join, enter, pass, sweepOnce, kinds, users, members } = h;

  describe(`${name}: sessions`, () => {
    test("[G1][P5] a goodbye ends user and memberships at once, in this order", async () => {
      await hello("e1");
      const session = await enter("e1", "ann", "a", { rules: DROP });
      await apply("e1", { op: "close", ...session, how: "leave" });
      expect(await users("ann")).toEqual([undefined]);
      expect(await members("a")).toEqual([]);
      expect((await kinds()).slice(-3)).toEqual(["offline", "left", "vacated"]);
      expect((await h.world.outbox()).at(-2)).toMatchObject({ data: { reason: "leave" } });
    });

    test("[G2][P2] a lost session keeps everything for its grace, then ends once with its reason", async () => {
      await hello("e1");
      const session = await enter("e1", "ann", "a");
      const told = [await h.world.log(), await h.world.outbox()];
      await apply("e1", { op: "close", ...session, how: "lost" });
      await pass(BOUNDS.graceMs - 500, ["e1"]);
      expect([await h.world.log(), await h.world.outbox()]).toEqual(told);
      expect(await users("ann")).toMatchObject([{ status: "active" }]);
      await pass(1_000, ["e1"]);
      expect(await users("ann")).toEqual([undefined]);
      const after = (await h.world.outbox()).slice(told[1]!.length);
      expect(after.map(({ kind, data }) => [kind, (data as { reason: string }).reason])).toEqual([
        ["offline", "lost"],
        ["left", "lost"],
        ["vacated", "lost"],
      ]);
      expect(after[0]!.delayMs).toBeLessThanOrEqual(BOUNDS.graceMs + 250);
    });

    test("[W1] a sweep says how many lines it told the backends: they are to be published without waiting", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      await apply("e1", { op: "close", ...ann, how: "lost" });
      for (let waited = 0; waited <= BOUNDS.graceMs + 500; waited += 250) {
        await at(250);
        await h.world.store.lease("e1");
        const before = (await kinds()).length;
        const { told } = await sweepOnce();
        expect((await kinds()).length - before).toBe(told);
      }
      expect(await kinds()).toContain("offline");
    });

    test("[G6] what tells of an end by grace or lease is the sweep's, if the session's last connect was sampled", async () => {
      const [connect, again, sweep] = ["a1", "a2", "a3"].map((id) => `00-${id.padStart(32, "0")}-00f067aa0ba902b7-01`);
      await hello("e1", "e2", "e3");
      const doc = { rules: KEEP, observe: false, room: "a" };
      for (const [user, traceparent] of Object.entries({ ann: connect, bob: undefined, cy: connect, dan: connect })) {
        const session = ref(user);
        const opened = await open("e1", session, traceparent === undefined ? {} : { traceparent });
        await join("e1", session, opened.incarnation, "a", doc);
      }
      await open("e1", ref("cy"), { traceparent: again! });
      await open("e1", ref("dan"));
      const facts = { issuedAtMs: START_MS, expiresAtMs: START_MS, incarnation: 0 };
      const asserted = { ...facts, ref: ref("eve"), traceparent: again!, rooms: [] };
      const result = await apply("e2", { op: "assert", round: "1", last: true, sessions: [asserted] });
      const [incarnation] = h.as(result, "assert").incarnations;
      await apply("e2", { op: "close", ref: ref("eve"), incarnation: incarnation!, how: "lost" });

      const before = (await h.world.outbox()).length;
      const ended: unknown[] = [];
      for (let waited = 0; waited <= BOUNDS.leaseMs + BOUNDS.graceMs; waited += 250) {
        await h.at(250);
        for (const edge of ["e2", "e3"]) await h.world.store.lease(edge);
        let report: SweepReport;
        do {
          report = await h.sweepOnce({ well: true, brake: undefined, traceparent: sweep });
          ended.push(...report.traced);
        } while (report.more);
      }
      expect(ended).toHaveLength(3);
      expect(ended).toEqual(
        expect.arrayContaining([
          { connect, reason: "evicted" },
          { connect: again, reason: "evicted" },
          { connect: again, reason: "lost" },
        ]),
      );
      const told = (await h.world.outbox()).slice(before).filter(({ kind }) => kind === "offline");
      expect(Object.fromEntries(told.map(({ user, traceparent }) => [user, traceparent]))).toEqual({
        ...{ ann: sweep, bob: undefined, cy: sweep, dan: undefined, eve: sweep },
      });
    });

    test("[G2] `expired` and `drain` leave a session its grace, `revoked` none", async () => {
      await hello("e1");
      for (const how of ["expired", "drain", "revoked"] as const) {
        const session = await enter("e1", how, "a");
        await apply("e1", { op: "close", ...session, how });
      }
      expect((await users("expired", "drain", "revoked")).map((user) => user?.status)).toEqual([
        "active",
        "active",
        undefined,
      ]);
      await pass(BOUNDS.graceMs + 500, ["e1"]);
      const reasons = (await h.world.outbox())
        .filter(({ kind }) => kind === "offline")
        .map(({ user, data }) => [user, data]);
      expect(reasons).toMatchObject([
        ["revoked", { reason: "revoked" }],
        ["drain", { reason: "drain" }],
        ["expired", { reason: "expired" }],
      ]);
    });

    test("[G3][P3] coming back within grace, or over a live socket, shows nothing and keeps the rooms", async () => {
      await hello("e1", "e2");
      const session = await enter("e1", "ann", "a");
      await join("e1", session.ref, session.incarnation, "b", { observe: true });
      const told = [await h.world.log(), await h.world.outbox()];
      const memberships = [
        { room: "a", observe: false },
        { room: "b", observe: true },
      ];
      const taken = await open("e2", session.ref);
      expect(taken).toMatchObject({
        incarnation: session.incarnation + 1, // in the same millisecond
        resumed: true,
        elsewhere: "e1",
        memberships,
      });
      await apply("e2", { op: "close", ref: session.ref, incarnation: taken.incarnation, how: "lost" });
      await pass(5_000, ["e1", "e2"]);
      const back = await open("e1", session.ref);
      expect(back).toMatchObject({
        incarnation: START_MS + 5_000,
        resumed: true,
        elsewhere: undefined,
        memberships,
      });
      await pass(30_000, ["e1", "e2"]);
      expect(await join("e1", session.ref, back.incarnation, "a")).toMatchObject({ change: undefined, count: 1 });
      expect([await h.world.log(), await h.world.outbox()]).toEqual(told);
    });

    test("[G7] a user's live sessions are bounded over all edges; a lost one counts when it comes back", async () => {
      await hello("e1", "e2");
      const [one, two, three] = ["1", "2", "3"].map((n) => ref("ann", `session-of-ann-${n}`));
      const facts = { op: "open", issuedAtMs: START_MS, expiresAtMs: START_MS, mostSessions: 2 } as const;
      const tried = (edge: string, session: typeof one) => apply(edge, { ...facts, ref: session! });
      const refused = { kind: "error", code: "LIMIT_EXCEEDED" };
      const { incarnation } = await open("e1", one!, { mostSessions: 2 });
      await open("e2", two!, { mostSessions: 2 });
      const told = await h.world.outbox();
      expect(await tried("e1", three)).toMatchObject(refused);
      expect(await h.world.outbox()).toEqual(told);
      expect(await tried("e2", one)).toMatchObject({ kind: "open", incarnation: incarnation + 1 }); // it lives already
      expect(await apply("e1", { ...facts, ref: ref("bob") })).toMatchObject({ kind: "open" });

      await apply("e2", { op: "close", ref: one!, incarnation: incarnation + 1, how: "lost" });
      expect(await tried("e1", three)).toMatchObject({ kind: "open" });
      expect(await tried("e2", one)).toMatchObject(refused);
    });

    test("[G5][P2] of two sockets the one that connected last has the session, whoever's word comes first", async () => {
      await hello("e1", "e2");
      const ann = ref("ann");
      // Presence was away: ann connected to e1, then to e2; e2 is heard first.
      await at(20_000);
      const newer = await open("e2", ann, { ageMs: 4_000 });
      const stale: OpBody = { op: "open", ref: ann, issuedAtMs: 1, expiresAtMs: 2, ageMs: 9_000 };
      expect(await apply("e1", stale)).toMatchObject({ kind: "error", code: "CONFLICT" });
      expect((await h.world.store.user("main", "ann")).sessions).toMatchObject([
        { edge: "e2", incarnation: newer.incarnation, connectedForMs: 4_000 },
      ]);
      // Heard later, it is older: an outage, a brake, or a clock of Redis that goes back makes no socket younger.
      await pass(1_000, ["e1", "e2"]);
      await at(-60_000);
      await h.world.store.lease("e1");
      await at(30_000);
      expect(await open("e1", ann, { ageMs: 29_000 })).toMatchObject({ elsewhere: "e2" });
      // One whose socket went has no claim, nor has one whose edge does not know.
      await apply("e1", { op: "close", ref: ann, incarnation: newer.incarnation + 1, how: "lost" });
      expect(await open("e2", ann, { ageMs: 3_600_000 })).toMatchObject({ resumed: true });
    });

    test("[G3] a session that has ended begins anew", async () => {
      await hello("e1");
      const session = await enter("e1", "ann", "a");
      await apply("e1", { op: "close", ...session, how: "leave" });
      await at(1);
      const again = await open("e1", session.ref);
      expect(again).toMatchObject({ resumed: false, memberships: [] });
      expect(again.incarnation).toBeGreaterThan(session.incarnation);
    });

    test("[G3][P2] nor does one begun after Redis's clock went back have a number of before", async () => {
      await hello("e1");
      const { ref: ann, incarnation } = await enter("e1", "ann", "a");
      const moved = await open("e1", ann);
      expect(moved.incarnation).toBeGreaterThan(incarnation);
      await apply("e1", { op: "close", ref: ann, incarnation: moved.incarnation, how: "leave" });
      await at(-59_000);
      expect((await open("e1", ann)).incarnation).toBeGreaterThanOrEqual(moved.incarnation);
    });

    test("[E3][P1][P13] the sessions of an edge that dies end once, their grace counted from its lease", async () => {
      await hello("e1", "e2", "e3");
      await enter("e1", "ann", "a");
      const bob = await enter("e1", "bob", "a");
      await enter("e2", "cy", "a");
      await pass(BOUNDS.leaseMs, ["e2", "e3"]);
      await open("e2", bob.ref);
      await pass(BOUNDS.graceMs + 750, ["e2", "e3"]);
      expect(await members("a")).toEqual([
        ["bob", 1],
        ["cy", 1],
      ]);
      const gone = (await h.world.outbox()).filter(({ kind }) => kind === "offline");
      expect(gone.map(({ user, data }) => [user, (data as { reason: string }).reason])).toEqual([["ann", "evicted"]]);
    });

    test("[X3][G1] revoking ends the sessions meant, or takes them out of one room; what is refused still counts", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      const laptop = ref("ann", "laptop");
      await open("e1", laptop, { issuedAtMs: START_MS + 5 });
      const revoke = (more: object) => h.world.store.revoke({ tenant: "main", user: "ann", ...more });
      expect(await revoke({ namespace: "/chat" })).toBe(0);
      expect(await revoke({ room: "a", namespace: "/" })).toBe(1);
      expect(await members("a")).toEqual([]);
      expect((await users("ann"))[0]).toMatchObject({ devices: 2 });
      expect(await revoke({ issuedBeforeMs: START_MS })).toBe(1);
      expect((await h.world.store.user("main", "ann")).sessions.map(({ ref: { session } }) => session)).toEqual([
        laptop.session,
      ]);
      expect(await revoke({ session: laptop.session })).toBe(1);
      expect((await h.world.outbox()).at(-1)).toMatchObject({ kind: "offline", data: { reason: "revoked" } });
      const op: LaneOp = { n: h.lanes.get("e1")! + 1, op: "open", ref: ann.ref, issuedAtMs: 1, expiresAtMs: 2 };
      const refused = await h.world.store.lane(
        "e1",
        [op, { n: op.n + 1, op: "bye" }],
        new Map([[op.n, "AUTH_REVOKED"]]),
      );
      expect(refused).toMatchObject({ results: [{ kind: "error", code: "AUTH_REVOKED" }, { kind: "done" }] });
    });

    test("[P1] an edge that says goodbye leaves its sessions their grace", async () => {
      await hello("e1");
      await enter("e1", "ann", "a");
      await apply("e1", { op: "bye" });
      await pass(9_000);
      expect(await members("a")).toEqual([["ann", 1]]);
      await pass(2_000);
      expect(await members("a")).toEqual([]);
    });
  });
}
