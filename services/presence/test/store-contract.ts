/**
 * What every store of presence must do, rule by rule (`src/core/SPEC.md`). Run over the twin and over the scripts, on
 * virtual time: nothing here waits.
 */

import type { StateOp } from "@rollcall/contracts";
import { digestHashes, digestItem, type LaneOp, type RoomRules, type SessionRef } from "@rollcall/contracts/internal";
import { beforeEach, describe, expect, test } from "vitest";
import type { LaneOutcome, OpResult, StoreBounds, SweepReport } from "../src/store.ts";
import { BOUNDS, type SocketMessage, type World } from "./worlds.ts";

const START_MS = Date.UTC(2026, 0, 1);
const KEEP: RoomRules = { retainMs: 3_600_000 };
const DROP: RoomRules = { retainMs: 0 };

type OpBody = LaneOp extends infer O ? (O extends unknown ? Omit<O, "n"> : never) : never;
type Join = Partial<Extract<LaneOp, { op: "join" }>>;

export function storeContract(name: string, make: (bounds: StoreBounds) => World): void {
  let world: World;
  let nowMs: number;
  const lanes = new Map<string, number>();

  const at = async (ms: number) => {
    nowMs += ms;
    await world.at(nowMs);
  };
  const begin = async (bounds: Partial<StoreBounds> = {}) => {
    world = make({ ...BOUNDS, ...bounds });
    lanes.clear();
    nowMs = START_MS;
    await at(0);
  };
  beforeEach(() => begin());

  const hello = async (...edges: string[]) => {
    for (const edge of edges) await world.store.hello(edge);
  };
  const send = async (edge: string, ...bodies: OpBody[]): Promise<LaneOutcome> => {
    const first = (lanes.get(edge) ?? 0) + 1;
    const ops = bodies.map((body, i) => ({ ...body, n: first + i }) as LaneOp);
    const outcome = await world.store.lane(edge, ops);
    if (outcome.status === "OK") lanes.set(edge, first + ops.length - 1);
    return outcome;
  };
  const apply = async (edge: string, body: OpBody): Promise<OpResult> => {
    const outcome = await send(edge, body);
    if (outcome.status !== "OK") throw new Error(outcome.status);
    return outcome.results[0]!;
  };
  const as = <K extends OpResult["kind"]>(result: OpResult, kind: K): Extract<OpResult, { kind: K }> => {
    expect(result.kind, JSON.stringify(result)).toBe(kind);
    return result as Extract<OpResult, { kind: K }>;
  };
  const ref = (user: string, device = "phone", namespace = "/"): SessionRef => ({
    tenant: "main",
    namespace,
    user,
    session: `${device}-0123456789abcdef`,
  });
  const open = async (edge: string, session: SessionRef, more: Partial<Extract<LaneOp, { op: "open" }>> = {}) =>
    as(await apply(edge, { op: "open", ref: session, issuedAtMs: START_MS, expiresAtMs: START_MS, ...more }), "open");
  const joinRaw = (edge: string, session: SessionRef, incarnation: number, room: string, more: Join = {}) =>
    apply(edge, { op: "join", ref: session, incarnation, room, rules: KEEP, observe: false, ...more });
  const join = async (edge: string, session: SessionRef, incarnation: number, room: string, more: Join = {}) =>
    as(await joinRaw(edge, session, incarnation, room, more), "join").facts;
  /** A user with one session in one room. */
  const enter = async (edge: string, user: string, room: string, more: Join = {}) => {
    const session = ref(user);
    const { incarnation } = await open(edge, session);
    await join(edge, session, incarnation, room, more);
    return { ref: session, incarnation };
  };
  const sweepOnce = (observer = { well: true, brake: undefined as string | undefined }) => world.store.sweep(observer);
  /** Every replica's rounds for `ms`, the given edges renewing. */
  const pass = async (
    ms: number,
    alive: string[] = [],
    observer = { well: true, brake: undefined as string | undefined },
  ) => {
    let last: SweepReport | undefined;
    for (let done = 0; done < ms; done += 250) {
      await at(250);
      for (const edge of alive) await world.store.lease(edge);
      do last = await sweepOnce(observer);
      while (last.more);
    }
    return last!;
  };
  const events = async (event: string): Promise<SocketMessage[]> =>
    (await world.log()).filter((message) => message.event === event);
  // biome-ignore lint/suspicious/noExplicitAny: payloads of many shapes, read by expectations only
  const payloads = async (event: string): Promise<any[]> => (await events(event)).map(({ payload }) => payload);
  const kinds = async (): Promise<string[]> => (await world.outbox()).map(({ kind }) => kind);
  const users = async (...names: string[]) => (await world.store.users("main", names)).users;
  const room = (id: string) =>
    world.store.room({ tenant: "main", namespace: "/", room: id }, { after: "", limit: 100 });
  const members = async (id: string) => (await room(id)).members.map(({ user, devices }) => [user, devices]);

  describe(`${name}: cell and edges`, () => {
    test("[C2][C3][P10] a call that knows another run changes nothing; the epoch rises and edges begin anew", async () => {
      const { epoch } = await world.store.hello("e1");
      const session = await enter("e1", "ann", "doc:1");
      await world.flush();
      const lease = await world.store.lease("e1");
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
      await world.failover();
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
      expect(await world.store.hello("e1")).toMatchObject({ status: "OK", brake: false });
    });

    test("[E1][P11] an unknown, a fenced and a departed edge are told the same", async () => {
      await hello("e1", "e2");
      expect((await world.store.lease("never")).status).toBe("UNKNOWN_EDGE");
      await apply("e1", { op: "bye" });
      expect((await world.store.lease("e1")).status).toBe("UNKNOWN_EDGE");
      expect((await world.store.hello("e1")).status).toBe("UNKNOWN_EDGE");
      expect((await send("e1", { op: "bye" })).status).toBe("UNKNOWN_EDGE");
    });

    test("[L1][P11] operations apply once and in order: a repeat says so, a gap applies nothing", async () => {
      await hello("e1");
      const { incarnation } = await open("e1", ref("ann"));
      const op = { n: 2, op: "join" as const, ref: ref("ann"), incarnation, room: "a", rules: KEEP, observe: false };
      const run = (...ops: LaneOp[]) => world.store.lane("e1", ops);
      expect(await run({ ...op, n: 3 }, { ...op, n: 4 })).toMatchObject({
        results: [{ kind: "gap" }, { kind: "gap" }],
      });
      expect(await members("a")).toEqual([]);
      expect(await run(op)).toMatchObject({ results: [{ kind: "join" }] });
      const log = await world.log();
      for (const n of [2, 1]) expect(await run({ ...op, n })).toMatchObject({ results: [{ kind: "repeat" }] });
      expect(await world.log()).toEqual(log);
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
      const before = [await world.log(), await world.outbox()];
      expect(await apply("e1", { op: "close", ...session, how: "leave" })).toEqual({ kind: "done" });
      expect(await joinRaw("e1", session.ref, session.incarnation, "b")).toMatchObject({ code: "CONFLICT" });
      expect(await joinRaw("e1", session.ref, back.incarnation, "b")).toMatchObject({ code: "CONFLICT" });
      expect(await joinRaw("e2", session.ref, session.incarnation, "b")).toMatchObject({ code: "CONFLICT" });
      expect([await world.log(), await world.outbox()]).toEqual(before);
    });

    test("[E2] the digest an edge folds from what it holds is the one recorded", async () => {
      await hello("e1", "e2");
      const ann = await enter("e1", "ann", "a");
      const bob = await enter("e1", "bob", "a");
      await join("e1", bob.ref, bob.incarnation, "b", { observe: true });
      const fold = (...items: string[]) => {
        const digest = { count: items.length, x1: 0, x2: 0 };
        for (const [a, b] of items.map(digestHashes)) Object.assign(digest, { x1: digest.x1 ^ a, x2: digest.x2 ^ b });
        return digest;
      };
      const mine = (one: typeof ann, ...rooms: string[]) => [
        digestItem(one.ref, one.incarnation),
        ...rooms.map((id) => digestItem(one.ref, one.incarnation, id)),
      ];
      const equal = async (edge: string, ...items: string[]) =>
        as(await apply(edge, { op: "digest", digest: fold(...items) }), "digest").equal;
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
  });

  describe(`${name}: sessions`, () => {
    test("[G1][P5] a goodbye ends user and memberships at once, in this order", async () => {
      await hello("e1");
      const session = await enter("e1", "ann", "a", { rules: DROP });
      await apply("e1", { op: "close", ...session, how: "leave" });
      expect(await users("ann")).toEqual([undefined]);
      expect(await members("a")).toEqual([]);
      expect((await kinds()).slice(-3)).toEqual(["offline", "left", "vacated"]);
      expect((await world.outbox()).at(-2)).toMatchObject({ data: { reason: "leave" } });
    });

    test("[G2][P2] a lost session keeps everything for its grace, then ends once with its reason", async () => {
      await hello("e1");
      const session = await enter("e1", "ann", "a");
      const told = [await world.log(), await world.outbox()];
      await apply("e1", { op: "close", ...session, how: "lost" });
      await pass(BOUNDS.graceMs - 500, ["e1"]);
      expect([await world.log(), await world.outbox()]).toEqual(told);
      expect(await users("ann")).toMatchObject([{ status: "active" }]);
      await pass(1_000, ["e1"]);
      expect(await users("ann")).toEqual([undefined]);
      const after = (await world.outbox()).slice(told[1]!.length);
      expect(after.map(({ kind, data }) => [kind, (data as { reason: string }).reason])).toEqual([
        ["offline", "lost"],
        ["left", "lost"],
        ["vacated", "lost"],
      ]);
      expect(after[0]!.delayMs).toBeLessThanOrEqual(BOUNDS.graceMs + 250);
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
      const reasons = (await world.outbox())
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
      const told = [await world.log(), await world.outbox()];
      const memberships = [
        { room: "a", observe: false },
        { room: "b", observe: true },
      ];
      const taken = await open("e2", session.ref);
      expect(taken).toMatchObject({
        incarnation: session.incarnation + 1,
        resumed: true,
        elsewhere: "e1",
        memberships,
      });
      await apply("e2", { op: "close", ref: session.ref, incarnation: taken.incarnation, how: "lost" });
      await pass(5_000, ["e1", "e2"]);
      const back = await open("e1", session.ref);
      expect(back).toMatchObject({
        incarnation: session.incarnation + 2,
        resumed: true,
        elsewhere: undefined,
        memberships,
      });
      await pass(30_000, ["e1", "e2"]);
      expect(await join("e1", session.ref, back.incarnation, "a")).toMatchObject({ change: undefined, count: 1 });
      expect([await world.log(), await world.outbox()]).toEqual(told);
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
      const gone = (await world.outbox()).filter(({ kind }) => kind === "offline");
      expect(gone.map(({ user, data }) => [user, (data as { reason: string }).reason])).toEqual([["ann", "evicted"]]);
    });

    test("[X3][G1] revoking ends the sessions meant, or takes them out of one room; what is refused still counts", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      const laptop = ref("ann", "laptop");
      await open("e1", laptop, { issuedAtMs: START_MS + 5 });
      const revoke = (more: object) => world.store.revoke({ tenant: "main", user: "ann", ...more });
      expect(await revoke({ namespace: "/chat" })).toBe(0);
      expect(await revoke({ room: "a", namespace: "/" })).toBe(1);
      expect(await members("a")).toEqual([]);
      expect((await users("ann"))[0]).toMatchObject({ devices: 2 });
      expect(await revoke({ issuedBeforeMs: START_MS })).toBe(1);
      expect((await world.store.user("main", "ann")).sessions.map(({ ref: { session } }) => session)).toEqual([
        laptop.session,
      ]);
      expect(await revoke({ session: laptop.session })).toBe(1);
      expect((await world.outbox()).at(-1)).toMatchObject({ kind: "offline", data: { reason: "revoked" } });
      const op: LaneOp = { n: lanes.get("e1")! + 1, op: "open", ref: ann.ref, issuedAtMs: 1, expiresAtMs: 2 };
      const refused = await world.store.lane("e1", [op, { n: op.n + 1, op: "bye" }], new Map([[op.n, "AUTH_REVOKED"]]));
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
      const told = (await world.log()).length;
      const cy = { ref: ref("cy"), incarnation: START_MS - 5 };
      const first = await apply("e1", { op: "assert", round: "r1", sessions: [asserted(bob, "a")], last: false });
      const last = await apply("e1", { op: "assert", round: "r1", sessions: [asserted(cy, "a")], last: true });
      expect([first, last]).toMatchObject([
        { incarnations: [bob.incarnation], ghosts: 1, missing: 0 },
        { incarnations: [cy.incarnation], ghosts: 1, missing: 2 },
      ]);
      expect((await world.log()).slice(told).map(({ event }) => event)).toEqual(["room:roster", "presence:changed"]);
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
      const told = [await world.log(), await world.outbox()];
      const set = await apply("e1", { op: "set", ref: ref("ann"), incarnation, status: "active" });
      expect(set).toEqual({ kind: "set", version: 1 });
      expect([await world.log(), await world.outbox()]).toEqual(told);
    });

    test("[U3][U4] an invisible user reads as offline; backends know better; coming out begins a new epoch", async () => {
      await hello("e1");
      const { incarnation } = await open("e1", ref("ann"), { presence: { status: "invisible" } });
      expect(await payloads("presence:changed")).toEqual([]);
      expect((await world.outbox()).at(-1)).toMatchObject({
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
      for (const { data } of (await world.outbox()).filter(({ user }) => user === "ann")) {
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
      const first = await world.store.userPage("main", "", 2);
      const second = await world.store.userPage("main", first.users.at(-1)!.user, 10);
      expect([...first.users, ...second.users].map(({ user }) => user)).toEqual(["ann", "bob", "bobby", "cy"]);
      expect(first.count).toBe(4);
      expect((await world.store.userPage("other", "", 10)).users).toEqual([]);
    });
  });

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

    test("[P8] a join tells its own place in the log and what it changed", async () => {
      await hello("e1");
      await enter("e1", "ann", "a");
      const bob = ref("bob");
      const { incarnation } = await open("e1", bob);
      const facts = await join("e1", bob, incarnation, "a");
      expect(facts).toMatchObject({ version: 3, count: 2, change: { kind: "joined", from: 2 } });
      expect(await world.rank(facts.position)).toBe((await world.log()).length);
      await apply("e1", { op: "set", ref: bob, incarnation, status: "busy" });
      const again = await join("e1", bob, incarnation, "a");
      expect(again).toMatchObject({ version: 3, change: undefined });
      expect(await world.rank(again.position)).toBe((await world.log()).length);
    });

    test("[R5] an observer is in no roster or count, may not update, and keeps no room alive", async () => {
      await hello("e1");
      const session = ref("ann");
      const { incarnation } = await open("e1", session);
      const told = await world.log();
      expect(await join("e1", session, incarnation, "a", { observe: true })).toMatchObject({ count: 0, version: 0 });
      expect(await world.log()).toEqual(told);
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
      expect(await world.remains()).toEqual([]);
    });

    test("rooms are listed by prefix and page, while somebody is in them", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "doc:1");
      for (const id of ["doc:2", "doc:3", "other", "do"]) await join("e1", ann.ref, ann.incarnation, id);
      const list = async (prefix: string, after = "", limit = 10) =>
        (await world.store.rooms("main", "/", { prefix, after, limit })).rooms.map((one) => one.room);
      expect(await list("doc:")).toEqual(["doc:1", "doc:2", "doc:3"]);
      expect(await list("doc:", "doc:1", 1)).toEqual(["doc:2"]);
      expect(await list("")).toEqual(["do", "doc:1", "doc:2", "doc:3", "other"]);
      await apply("e1", { op: "leave", ...ann, room: "doc:2", reason: "leave" });
      expect(await list("doc:")).toEqual(["doc:1", "doc:3"]);
    });
  });

  describe(`${name}: state and history`, () => {
    const patched = async (
      edge: string,
      one: { ref: SessionRef; incarnation: number },
      id: string,
      ...ops: StateOp[]
    ) => apply(edge, { op: "patch", ...one, room: id, rules: KEEP, ops });
    const set = (key: string, value: unknown, more: object = {}): StateOp => ({ op: "set", key, value, ...more });
    const entries = async (id: string) => {
      const read = await world.store.state(
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
        const read = await world.store.state(
          { tenant: "main", namespace: "/", room: "a" },
          { which: "since", version },
        );
        return read.entries && [read.entries.map(({ key }) => key), read.deleted];
      };
      expect(await since(2)).toEqual([[], []]);
      expect(await since(1)).toEqual([["c"], ["a"]]);
      expect(await since(3)).toBeUndefined();
      await pass(0);
      for (let ms = 0; ms < 600_000; ms += 1_000) await at(1_000).then(() => world.store.lease("e1"));
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
        world.store.patch(name, { rules, ops, id: undefined, traceparent: undefined });
      expect(await send(set("t", 1))).toMatchObject({ version: 1 });
      await send(set("t", 2), set("u", 1));
      await send({ op: "delete", key: "u" });
      await expect(send(set("t", 3, { bind: "session" }))).rejects.toMatchObject({ code: "FORBIDDEN" });
      await pass(1_500, ["e1"]);
      const told = (await world.outbox()).filter(({ kind }) => kind === "state");
      expect(told).toMatchObject([{ data: { version: 3, set: [{ key: "t", value: 2, version: 2 }], deleted: ["u"] } }]);
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
        world.store.history({ tenant: "main", namespace: "/", room: "a" }, { limit: 10, newest: true, ...ask });
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

  describe(`${name}: brake and clock`, () => {
    test("[W2][W3][P15] two of three edges at once: nothing is evicted until the brake ends, and it ends", async () => {
      await hello("e1", "e2", "e3");
      await enter("e1", "ann", "a");
      const held = await pass(BOUNDS.leaseMs + 20_000, ["e3"]);
      expect(held).toMatchObject({ brake: true });
      expect(await members("a")).toEqual([["ann", 1]]);
      const released = await pass(BOUNDS.brakeMs, ["e3"]);
      expect(released.brake).toBe(false);
      expect(await members("a")).toEqual([]);
      expect((await kinds()).filter((kind) => kind === "offline")).toHaveLength(1);
    });

    test("[W4] it ends early when every edge has renewed", async () => {
      await hello("e1", "e2", "e3");
      await pass(BOUNDS.leaseMs + 250);
      expect(await sweepOnce()).toMatchObject({ brake: true });
      await pass(500, ["e1", "e2"]);
      expect(await sweepOnce()).toMatchObject({ brake: true });
      expect(await pass(500, ["e1", "e2", "e3"])).toMatchObject({ brake: false, fenced: 0 });
    });

    test("[W3] one edge of many, or the only one, is no reason to hold", async () => {
      await hello("e1");
      await enter("e1", "ann", "a");
      await pass(BOUNDS.leaseMs + BOUNDS.graceMs + 500);
      expect(await members("a")).toEqual([]);
    });

    test("[W2][W3][O2][O3] an observer that was cut off holds evictions for a lease; sick time does not count", async () => {
      await hello("e1", "e2");
      const ann = await enter("e1", "ann", "a");
      await apply("e1", { op: "close", ...ann, how: "lost" });
      expect(await pass(40_000, [], { well: false, brake: "outage" })).toMatchObject({ brake: true });
      expect(await members("a")).toEqual([["ann", 1]]);
      expect(await pass(BOUNDS.leaseMs - 500, ["e1", "e2"])).toMatchObject({ brake: true });
      expect(await pass(1_000, ["e1", "e2"])).toMatchObject({ brake: false });
      expect(await members("a")).toEqual([["ann", 1]]);
      await pass(BOUNDS.graceMs, ["e1", "e2"]);
      expect(await members("a")).toEqual([]);
    });

    test("[C1][P12] a clock that jumps forward or back, or a store nobody asks, ends nothing", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      await apply("e1", { op: "close", ...ann, how: "lost" });
      for (const jump of [60_000, -60_000, 24 * 3_600_000, 30_000, -24 * 3_600_000]) {
        await at(jump);
        await world.store.lease("e1");
        await sweepOnce();
      }
      expect(await members("a")).toEqual([["ann", 1]]);
      await pass(BOUNDS.graceMs, ["e1"]);
      expect(await members("a")).toEqual([]);
    });
  });
}
