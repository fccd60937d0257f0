/** The contract of every store: state and history. Rules are those of `src/core/SPEC.md`. */

import type { StateOp } from "@rollcall/contracts";
import type { SessionRef } from "@rollcall/contracts/internal";
import { describe, expect, test } from "vitest";
import { contractHarness, KEEP, type MakeWorld } from "./harness.ts";

export function stateContract(name: string, make: MakeWorld): void {
  const h = contractHarness(make);
  const { at, hello, apply, enter, pass, events, payloads } = h;

  describe(`${name}: state and history`, () => {
    const patched = async (
      edge: string,
      one: { ref: SessionRef; incarnation: number },
      id: string,
      ...ops: StateOp[]
    ) => apply(edge, { op: "patch", ...one, room: id, rules: KEEP, ops });
    const set = (key: string, value: unknown, more: object = {}): StateOp => ({ op: "set", key, value, ...more });
    const entries = async (id: string) => {
      const read = await h.world.store.state(
        { tenant: "main", namespace: "/", room: id },
        { which: "page", after: "", bytes: 1e6 },
      );
      return read.entries!.map(({ key, value, version }) => [key, value, version]);
    };

    test("[T1][S1] a patch is one version; a stale `if` refuses it whole and tells the version", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      expect(await patched("e1", ann, "a", set("t", "x"), set("u", null))).toMatchObject({ kind: "patch", version: 1 });
      const stale = await patched("e1", ann, "a", set("u", 1), set("t", "y", { if: { version: 9 } }));
      expect(stale).toMatchObject({ code: "CONFLICT", details: { op: 1, version: 1 } });
      expect(await patched("e1", ann, "a", set("t", "y", { if: { absent: true } }))).toMatchObject({
        code: "CONFLICT",
      });
      expect(await patched("e1", ann, "a", { op: "delete", key: "none" })).toMatchObject({ kind: "patch", version: 1 });
      expect(await patched("e1", ann, "a", set("t", "y", { if: { version: 1 } }))).toMatchObject({ version: 2 });
      expect(await entries("a")).toEqual([
        ["t", '"y"', 2],
        ["u", "null", 1],
      ]);
      expect((await payloads("room:state")).map(({ from, to }) => [from, to])).toEqual([
        [0, 1],
        [1, 2],
      ]);
    });

    test("[T1] increments count integers up to 2^53 - 1 and nothing else", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      const add = (key: string, by: number) => patched("e1", ann, "a", { op: "increment", key, by });
      await add("n", 2 ** 53 - 2);
      expect(await add("n", 1)).toMatchObject({ kind: "patch", version: 2 });
      expect(await add("n", 1)).toMatchObject({ code: "CONFLICT", details: { op: 0, version: 2 } });
      expect(await entries("a")).toEqual([["n", "9007199254740991", 2]]);
      await patched("e1", ann, "a", set("s", "1"), set("f", 1.5));
      expect(await add("s", 1)).toMatchObject({ code: "CONFLICT" });
      expect(await add("f", 1)).toMatchObject({ code: "CONFLICT" });
    });

    test("[T3][S3] bound keys belong to their user and go with their session; expired ones go by themselves", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      const bob = await enter("e1", "bob", "a");
      await patched("e1", ann, "a", set("cursor", 1, { bind: "session" }), set("typing", true, { ttlMs: 1_000 }));
      expect(await patched("e1", bob, "a", set("cursor", 2))).toMatchObject({ code: "FORBIDDEN" });
      await pass(1_500, ["e1"]);
      expect((await entries("a")).map(([key]) => key)).toEqual(["cursor"]);
      await apply("e1", { op: "leave", ...ann, room: "a", reason: "leave" });
      expect(await entries("a")).toEqual([]);
      expect((await payloads("room:state")).slice(1)).toMatchObject([{ deleted: ["typing"] }, { deleted: ["cursor"] }]);
    });

    test("[T4][S2] an id answered before is answered alike and changes nothing; a refused one is forgotten", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      const send = (id: string, ...ops: StateOp[]) =>
        apply("e1", { op: "patch", ...ann, room: "a", rules: KEEP, id, ops });
      expect(await send("p1", set("t", 1))).toMatchObject({ version: 1 });
      expect(await send("p1", set("t", 2))).toMatchObject({ version: 1 });
      expect(await entries("a")).toEqual([["t", "1", 1]]);
      expect(await send("p2", set("t", 2, { if: { absent: true } }))).toMatchObject({ code: "CONFLICT" });
      expect(await send("p2", set("t", 2))).toMatchObject({ version: 2 });
      expect((await events("room:state")).map(({ meta }) => (meta as { re: string }).re)).toEqual(["p1", "p2"]);
    });

    test("[T2][P8] a delta since a version folds to the state; one too old is refused", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      await patched("e1", ann, "a", set("a", 1), set("b", 1));
      await patched("e1", ann, "a", { op: "delete", key: "a" }, set("c", 1));
      const since = async (version: number) => {
        const read = await h.world.store.state(
          { tenant: "main", namespace: "/", room: "a" },
          { which: "since", version },
        );
        return read.entries && [read.entries.map(({ key }) => key), read.deleted];
      };
      expect(await since(2)).toEqual([[], []]);
      expect(await since(1)).toEqual([["c"], ["a"]]);
      expect(await since(3)).toBeUndefined();
      await pass(0);
      for (let ms = 0; ms < 600_000; ms += 1_000) await at(1_000).then(() => h.world.store.lease("e1"));
      await patched("e1", ann, "a", set("d", 1));
      expect(await since(2)).toEqual([["d"], []]);
      expect(await since(1)).toBeUndefined();
    });

    test("limits: 256 keys and 256 KiB a room, 8 KiB a value", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      for (let i = 0; i < 4; i++) {
        await patched("e1", ann, "a", ...Array.from({ length: 64 }, (_, j) => set(`k${i * 64 + j}`, 0)));
      }
      expect(await patched("e1", ann, "a", set("more", 0))).toMatchObject({ code: "LIMIT_EXCEEDED" });
      expect(await patched("e1", ann, "a", { op: "delete", key: "k0" }, set("more", 0))).toMatchObject({
        kind: "patch",
      });
      expect(await patched("e1", ann, "a", set("more", "x".repeat(8_191)))).toMatchObject({ code: "LIMIT_EXCEEDED" });
      const large = "x".repeat(8_000);
      for (let i = 1; i <= 32; i++) await patched("e1", ann, "a", set(`k${i}`, large));
      expect(await patched("e1", ann, "a", set("k100", large))).toMatchObject({ code: "LIMIT_EXCEEDED" });
    });

    test("state goes to the backends merged, when the contract says so; a backend's patch needs no session", async () => {
      await hello("e1");
      const rules = { ...KEEP, publishState: true };
      await enter("e1", "ann", "a", { rules });
      const name = { tenant: "main", namespace: "/", room: "a" };
      const send = (...ops: StateOp[]) =>
        h.world.store.patch(name, { rules, ops, id: undefined, traceparent: undefined });
      expect(await send(set("t", 1))).toMatchObject({ version: 1 });
      await send(set("t", 2), set("u", 1));
      await send({ op: "delete", key: "u" });
      await expect(send(set("t", 3, { bind: "session" }))).rejects.toMatchObject({ code: "FORBIDDEN" });
      await pass(1_500, ["e1"]);
      const told = (await h.world.outbox()).filter(({ kind }) => kind === "state");
      expect(told).toMatchObject([{ data: { version: 3, set: [{ key: "t", value: 2, version: 2 }], deleted: ["u"] } }]);
    });

    test("[R6] what backends are told of a room's roster and state is one rising sequence", async () => {
      await hello("e1");
      const rules = { ...KEEP, publishState: true };
      const ann = await enter("e1", "ann", "a", { rules });
      const write = (n: number) => apply("e1", { op: "patch", ...ann, room: "a", rules, ops: [set("t", n)] });
      for (let n = 0; n < 9; n++) await write(n);
      await pass(1_500, ["e1"]);
      await enter("e1", "bob", "a", { rules });
      await write(9);
      const bea = await enter("e1", "bea", "a", { rules });
      await pass(1_500, ["e1"]);
      await apply("e1", { op: "leave", ...bea, room: "a", reason: "leave" });
      await apply("e1", { op: "leave", ...ann, room: "a", reason: "leave" });
      const told = (await h.world.outbox()).filter(({ room }) => room === "a");
      expect(told.map(({ kind }) => kind)).toEqual([
        ...["occupied", "joined", "state"],
        ...["joined", "joined", "state", "left", "left"],
      ]);
      const versions = told.map(({ data }) => (data as { version: number }).version);
      expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
    });

    test.each([
      ["the room", { retainMs: 0 }],
      ["the state, which its history outlives", { retainMs: 250, history: { size: 1, ttlMs: 5_000 } }],
    ])("[T5] the last writes are told to the backends before %s is forgotten", async (_, kept) => {
      await hello("e1");
      const rules = { ...kept, publishState: true };
      const ann = await enter("e1", "ann", "a", { rules });
      await apply("e1", { op: "patch", ...ann, room: "a", rules, ops: [set("t", 1)] });
      await apply("e1", { op: "leave", ...ann, room: "a", reason: "leave" });
      await pass(2_000, ["e1"]);
      const told = (await h.world.outbox()).filter(({ kind }) => kind === "state");
      expect(told).toMatchObject([{ data: { set: [{ key: "t", value: 1, version: 1 }], deleted: [] } }]);
    });

    test("[H1] history is numbered without a gap, bounded in size and time, and everyone gets it", async () => {
      await hello("e1");
      const rules = { retainMs: 0, history: { size: 3, ttlMs: 10_000 } };
      const ann = await enter("e1", "ann", "a", { rules });
      const say = async (n: number, more: object = {}) =>
        apply("e1", {
          op: "publish",
          ...ann,
          room: "a",
          rules,
          event: "chat:said",
          dataJson: `{"n":${n}}`,
          metaJson: `{"id":"m${n}","ts":"t"}`,
          history: true,
          ...more,
        });
      for (const n of [1, 2, 3, 4]) expect(await say(n)).toEqual({ kind: "publish", id: `m${n}`, ts: "t", seq: n });
      const read = (ask: object) =>
        h.world.store.history({ tenant: "main", namespace: "/", room: "a" }, { limit: 10, newest: true, ...ask });
      expect((await read({})).seqs).toEqual([2, 3, 4]);
      expect((await read({ limit: 2 })).seqs).toEqual([3, 4]);
      expect((await read({ after: 2, newest: false, limit: 1 })).seqs).toEqual([3]);
      expect((await read({ before: 4 })).seqs).toEqual([2, 3]);
      expect(await say(5, { history: false, id: "c1" })).toEqual({
        kind: "publish",
        id: "m5",
        ts: "t",
        seq: undefined,
      });
      expect(await say(6, { history: false, id: "c1" })).toEqual({
        kind: "publish",
        id: "m5",
        ts: "t",
        seq: undefined,
      });
      const said = await events("chat:said");
      expect(said.map(({ meta }) => (meta as { seq?: number }).seq)).toEqual([1, 2, 3, 4, undefined]);
      expect(said.at(-1)!.except).toBe(`s:main/ann/${ann.ref.session}`);
      await pass(11_000, ["e1"]);
      expect((await read({})).seqs).toEqual([]);
      expect(await say(7)).toMatchObject({ seq: 5 });
    });
  });
}
