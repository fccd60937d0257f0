/** The contract of every store: assertions. Rules are those of `src/core/SPEC.md`. */

import type { AssertedSession, SessionRef } from "@rollcall/contracts/internal";
import { describe, expect, test } from "vitest";
import { BOUNDS } from "../worlds.ts";
import { contractHarness, KEEP, type MakeWorld, START_MS } from "./harness.ts";

export function assertionsContract(name: string, make: MakeWorld): void {
  const h = contractHarness(make);
  const { at, hello, apply, ref, open, join, enter, pass, payloads, kinds, users, members } = h;

  describe(`${name}: assertions`, () => {
    const asserted = (one: { ref: SessionRef; incarnation: number }, ...rooms: string[]) => ({
      ...one,
      issuedAtMs: 1,
      expiresAtMs: 2,
      rooms: rooms.map((id) => ({ room: id, observe: false, rules: KEEP })),
    });

    test("[A1][P9] what is missing is made in silence and a resync is due; what is extra is lost or left", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      const bob = await enter("e1", "bob", "a");
      await join("e1", bob.ref, bob.incarnation, "b");
      const told = (await h.world.log()).length;
      const cy = { ref: ref("cy"), incarnation: START_MS - 5 };
      const first = await apply("e1", { op: "assert", round: "r1", sessions: [asserted(bob, "a")], last: false });
      const last = await apply("e1", { op: "assert", round: "r1", sessions: [asserted(cy, "a")], last: true });
      expect([first, last]).toMatchObject([
        { incarnations: [bob.incarnation], ghosts: 1, missing: 0 },
        { incarnations: [cy.incarnation], ghosts: 1, missing: 2 },
      ]);
      expect((await h.world.log()).slice(told).map(({ event }) => event)).toEqual(["room:roster", "presence:changed"]);
      expect(await members("b")).toEqual([]);
      await pass(BOUNDS.graceMs - 500, ["e1"]);
      expect(await payloads("room:resync")).toMatchObject([{ room: "a", streams: ["roster"], reason: "repair" }]);
      expect(await members("a")).toEqual([
        ["ann", 1],
        ["bob", 1],
        ["cy", 1],
      ]);
      await pass(1_000, ["e1"]);
      expect(await members("a")).toEqual([
        ["bob", 1],
        ["cy", 1],
      ]);
      expect(ann.incarnation).toBe(START_MS);
    });

    test("[A1] an empty assertion is one too", async () => {
      await hello("e1");
      await enter("e1", "ann", "a");
      expect(await apply("e1", { op: "assert", round: "r", sessions: [], last: true })).toMatchObject({ ghosts: 1 });
      await pass(BOUNDS.graceMs + 500, ["e1"]);
      expect(await users("ann")).toEqual([undefined]);
    });

    test("[A2] the higher incarnation wins between living edges; one that is gone holds nothing", async () => {
      await hello("e1", "e2", "e3");
      const old = await enter("e1", "ann", "a");
      const back = await open("e2", old.ref);
      expect(await apply("e1", { op: "assert", round: "r", sessions: [asserted(old, "a")], last: true })).toMatchObject(
        {
          incarnations: [undefined],
        },
      );
      await apply("e2", { op: "bye" });
      const again = await apply("e1", { op: "assert", round: "s", sessions: [asserted(old, "a")], last: true });
      expect(again).toMatchObject({ incarnations: [back.incarnation] });
      await pass(30_000, ["e1", "e3"]);
      expect(await members("a")).toEqual([["ann", 1]]);
    });

    test("[A2][G5] a session whose `open` was never answered is opened by the assertion, if its socket is the newer", async () => {
      await hello("e1", "e2");
      await enter("e2", "bob", "a");
      await at(1_000);
      const never = (user: string, ageMs: number) => ({ ...asserted({ ref: ref(user), incarnation: 0 }), ageMs });
      const answer = await apply("e1", {
        op: "assert",
        round: "r",
        sessions: [never("ann", 0), never("bob", 2_000)],
        last: true,
      });
      expect(answer).toMatchObject({ incarnations: [START_MS + 1_000, undefined] });
      const newer = await apply("e1", {
        op: "assert",
        round: "s",
        sessions: [never("bob", 500)],
        last: false,
      });
      expect(newer).toMatchObject({ incarnations: [START_MS + 1_000] });
    });

    test("[A3][P9] what an edge says of a status counts more than a store that was rewound, and only then", async () => {
      await hello("e1");
      const member = async (user: string, presence: AssertedSession["presence"] & object) => ({
        ...asserted(await enter("e1", user, "a"), "a"),
        presence,
      });
      const busy = await member("ann", { status: "busy", info: "in a call" });
      const away = await member("bob", { status: "away" });
      const hidden = await member("cy", { status: "invisible" });
      const sessions = [busy, away, hidden];
      // Forgotten in the same epoch: the record is what the edge was last answered, or newer.
      await pass(BOUNDS.leaseMs + 500);
      await hello("e2");
      await apply("e2", { op: "assert", round: "r", sessions: [busy], last: false });
      expect(await users("ann")).toMatchObject([{ status: "active" }]);

      await h.world.failover();
      await hello("e3");
      await apply("e3", { op: "assert", round: "r", sessions, last: true });
      expect(await users("ann", "bob", "cy")).toMatchObject([
        { status: "busy", info: '"in a call"', hidden: false },
        { status: "away", hidden: false },
        { status: "active", hidden: true },
      ]);
      const told = (await kinds()).length;
      await h.world.failover();
      await hello("e4");
      await apply("e4", { op: "assert", round: "r", sessions, last: true });
      expect((await kinds()).slice(told)).toEqual(["epoch"]); // nothing new, nothing told
    });

    test("[A1] sessions opened while an assertion is under way are not extra", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      await apply("e1", { op: "assert", round: "r", sessions: [asserted(ann, "a")], last: false });
      await enter("e1", "bob", "a");
      await apply("e1", { op: "assert", round: "r", sessions: [], last: true });
      await pass(30_000, ["e1"]);
      expect(await members("a")).toEqual([
        ["ann", 1],
        ["bob", 1],
      ]);
    });
  });
}
