/** The contract of every store: users. Rules are those of `src/core/SPEC.md`. */

import { describe, expect, test } from "vitest";
import { contractHarness, type MakeWorld } from "./harness.ts";

export function usersContract(name: string, make: MakeWorld): void {
  const h = contractHarness(make);
  const { at, hello, apply, ref, open, payloads, kinds, users } = h;

  describe(`${name}: users`, () => {
    test("[U1][P4] devices merge: strongest status, latest info of the strongest, count; order does not matter", async () => {
      await hello("e1");
      const phone = ref("ann", "phone");
      const laptop = ref("ann", "laptop", "/chat");
      const a = await open("e1", phone, { presence: { status: "away", info: "walking" } });
      const b = await open("e1", laptop);
      expect(await users("ann")).toMatchObject([{ status: "active", info: undefined, devices: 2 }]);
      await apply("e1", { op: "set", ref: phone, incarnation: a.incarnation, status: "busy", info: { in: "a call" } });
      expect(await users("ann")).toMatchObject([{ status: "busy", info: '{"in":"a call"}', devices: 2 }]);
      await apply("e1", { op: "set", ref: laptop, incarnation: b.incarnation, status: "busy" });
      expect(await users("ann")).toMatchObject([{ status: "busy", info: undefined }]);
      await apply("e1", { op: "close", ref: laptop, incarnation: b.incarnation, how: "leave" });
      expect(await users("ann")).toMatchObject([{ status: "busy", info: '{"in":"a call"}', devices: 1 }]);
      expect(await kinds()).not.toContain("offline");
    });

    test("[U2] nothing is told, and no version given, for what reads the same", async () => {
      await hello("e1");
      const { incarnation } = await open("e1", ref("ann"));
      const told = [await h.world.log(), await h.world.outbox()];
      const set = await apply("e1", { op: "set", ref: ref("ann"), incarnation, status: "active" });
      expect(set).toEqual({ kind: "set", version: 1 });
      expect([await h.world.log(), await h.world.outbox()]).toEqual(told);
    });

    test("[U3][U4] an invisible user reads as offline; backends know better; coming out begins a new epoch", async () => {
      await hello("e1");
      const { incarnation } = await open("e1", ref("ann"), { presence: { status: "invisible" } });
      expect(await payloads("presence:changed")).toEqual([]);
      expect((await h.world.outbox()).at(-1)).toMatchObject({
        kind: "online",
        data: { status: "active", visible: false },
      });
      const set = (status: "busy" | "invisible") => apply("e1", { op: "set", ref: ref("ann"), incarnation, status });
      const hidden = (await users("ann"))[0]!;
      await set("busy");
      const shown = (await users("ann"))[0]!;
      expect(shown).toMatchObject({ hidden: false, status: "busy" });
      expect(shown.epoch).not.toBe(hidden.epoch);
      await set("invisible");
      expect(await users("ann")).toMatchObject([{ hidden: true, status: "busy", epoch: shown.epoch }]);
      expect((await payloads("presence:changed")).map(({ changes }) => changes[0].status)).toEqual(["busy", "offline"]);
      expect((await payloads("presence:changed")).at(-1)).toEqual({ changes: [{ user: "ann", status: "offline" }] });
      await open("e1", ref("ann", "laptop"));
      expect(await users("ann")).toMatchObject([{ hidden: true, devices: 2 }]);
      expect(await payloads("presence:changed")).toHaveLength(2);
    });

    test("[P6] a user's (epoch, version) only rises, over offline and back", async () => {
      await hello("e1");
      const seen: [string, number][] = [];
      for (let i = 0; i < 3; i++) {
        await at(10);
        const { incarnation } = await open("e1", ref("ann"));
        await apply("e1", { op: "set", ref: ref("ann"), incarnation, status: "away" });
        await apply("e1", { op: "close", ref: ref("ann"), incarnation, how: "leave" });
      }
      for (const { data } of (await h.world.outbox()).filter(({ user }) => user === "ann")) {
        const { epoch, version } = data as { epoch: string; version: number };
        seen.push([epoch.split(".")[1]!, version]);
      }
      const ranks = seen.map(([birth, version]) => Number(birth) * 1_000 + version);
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      expect(new Set(ranks).size).toBe(9);
    });

    test("pages list every online user once, invisible ones too", async () => {
      await hello("e1");
      for (const user of ["ann", "bob", "bobby", "cy"])
        await open("e1", ref(user), { presence: { status: "invisible" } });
      const first = await h.world.store.userPage("main", "", 2);
      const second = await h.world.store.userPage("main", first.users.at(-1)!.user, 10);
      expect([...first.users, ...second.users].map(({ user }) => user)).toEqual(["ann", "bob", "bobby", "cy"]);
      expect(first.count).toBe(4);
      expect((await h.world.store.userPage("other", "", 10)).users).toEqual([]);
    });
  });
}
