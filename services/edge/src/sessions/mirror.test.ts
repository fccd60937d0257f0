import { type Digest, digestHashes, digestItem, type LaneData, type SessionRef } from "@rollcall/contracts/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refKey } from "../clients/ref.ts";
import { MAX_ASSERTED_ITEMS, Mirror } from "./mirror.ts";
import type { OpBody } from "./ops.ts";

const ref = (user: string): SessionRef => ({ tenant: "main", namespace: "/", user, session: `session-of-${user}-1` });
const rules = { retainMs: 0 };
const rulesOf = () => rules;
const open = (user: string): OpBody => ({ op: "open", ref: ref(user), issuedAtMs: 1, expiresAtMs: 2 });
const opened = (incarnation: number, rooms: string[] = [], observing: string[] = []): LaneData => ({
  op: "open",
  incarnation,
  resumed: rooms.length > 0,
  rooms,
  observing,
});
const join = (user: string, room: string, info?: unknown): OpBody => ({
  op: "join",
  ref: ref(user),
  room,
  rules,
  observe: false,
  ...(info === undefined ? {} : { info }),
});
const done = (op: "join" | "leave" | "close") => ({ op }) as LaneData;

/** The digest from scratch. */
function digestOf(items: { user: string; incarnation: number; rooms: Iterable<string> }[]): Digest {
  const digest = { count: 0, x1: 0, x2: 0 };
  const add = (text: string) => {
    const [x1, x2] = digestHashes(text);
    digest.count++;
    digest.x1 = (digest.x1 ^ x1) >>> 0;
    digest.x2 = (digest.x2 ^ x2) >>> 0;
  };
  for (const { user, incarnation, rooms } of items) {
    add(digestItem(ref(user), incarnation));
    for (const room of rooms) add(digestItem(ref(user), incarnation, room));
  }
  return digest;
}

describe("mirror", () => {
  it("[P9] its digest is that of what it holds, after any run of answers", () => {
    const step = fc.record({
      user: fc.constantFrom("ann", "bob", "cem"),
      room: fc.constantFrom("a", "b", "c"),
      kind: fc.constantFrom("open", "close", "join", "leave", "renumber"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const mirror = new Mirror();
        const model = new Map<string, { incarnation: number; rooms: Set<string> }>();
        let incarnation = 0;
        for (const { user, room, kind } of steps) {
          const known = model.get(user);
          switch (kind) {
            case "open": {
              const rooms = [...(known?.rooms ?? [])];
              mirror.apply(open(user), opened(++incarnation, rooms), rulesOf);
              model.set(user, { incarnation, rooms: new Set(rooms) });
              break;
            }
            case "close":
              mirror.apply({ op: "close", ref: ref(user), how: "lost" }, done("close"), rulesOf);
              model.delete(user);
              break;
            case "join":
              mirror.apply(join(user, room), done("join"), rulesOf);
              known?.rooms.add(room);
              break;
            case "leave":
              mirror.apply({ op: "leave", ref: ref(user), room, reason: "leave" }, done("leave"), rulesOf);
              known?.rooms.delete(room);
              break;
            case "renumber":
              mirror.apply(
                { op: "assert", round: "r", sessions: [], last: true },
                { op: "assert", replaced: [], incarnations: [{ ref: ref(user), incarnation: ++incarnation }] },
                rulesOf,
              );
              if (known !== undefined) known.incarnation = incarnation;
              break;
          }
        }
        expect(mirror.digest).toEqual(digestOf([...model].map(([user, held]) => ({ user, ...held }))));
        expect(mirror.size).toBe(model.size);
      }),
    );
  });

  it("asserts what it holds: facts, presence, rooms with the latest info, in bounded chunks", () => {
    const mirror = new Mirror();
    mirror.apply(open("ann"), opened(3, ["held", "seen"], ["seen"]), rulesOf);
    mirror.apply(join("ann", "doc", { color: "red" }), done("join"), rulesOf);
    mirror.apply(join("ann", "doc"), done("join"), rulesOf);
    mirror.apply({ op: "set", ref: ref("ann"), status: "busy" }, { op: "set" }, rulesOf);
    expect(mirror.chunks()).toEqual([
      [
        {
          ref: ref("ann"),
          incarnation: 3,
          issuedAtMs: 1,
          expiresAtMs: 2,
          presence: { status: "busy" },
          rooms: [
            { room: "held", observe: false, rules },
            { room: "seen", observe: true, rules },
            { room: "doc", observe: false, rules, info: { color: "red" } },
          ],
        },
      ],
    ]);
    for (let i = 0; i < 500; i++) mirror.apply(open(`u${i}`), opened(1), rulesOf);
    const sizes = mirror.chunks().map((chunk) => chunk.reduce((sum, { rooms }) => sum + 1 + rooms.length, 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_ASSERTED_ITEMS);
    expect(sizes.reduce((a, b) => a + b)).toBe(504);
  });

  it("a chunk is full at the bound; a session above it has one of its own", () => {
    const mirror = new Mirror();
    const withRooms = (user: string, count: number) =>
      mirror.apply(
        open(user),
        opened(
          1,
          Array.from({ length: count }, (_, i) => `r${i}`),
        ),
        rulesOf,
      );
    withRooms("large", MAX_ASSERTED_ITEMS);
    withRooms("half", MAX_ASSERTED_ITEMS / 2 - 1);
    withRooms("other half", MAX_ASSERTED_ITEMS / 2 - 1);
    withRooms("more", 0);
    expect(mirror.chunks().map((chunk) => chunk.map(({ ref: { user } }) => user))).toEqual([
      ["large"],
      ["half", "other half"],
      ["more"],
    ]);
  });

  it("a session that is opened again keeps what was known of it, and what only presence knew is taken in", () => {
    const mirror = new Mirror();
    mirror.apply(open("ann"), opened(1), rulesOf);
    const kept = { retainMs: 7 };
    mirror.apply({ ...join("ann", "a", [1]), observe: true, rules: kept } as OpBody, done("join"), rulesOf);
    mirror.apply({ op: "set", ref: ref("ann"), status: "busy", info: "lunch" }, { op: "set" }, rulesOf);
    mirror.apply(open("ann"), opened(2, ["a", "declared", "gone"]), (_, room) =>
      room === "declared" ? { retainMs: 9 } : undefined,
    );
    const [[session] = []] = mirror.chunks();
    expect(session).toStrictEqual({
      ref: ref("ann"),
      incarnation: 2,
      issuedAtMs: 1,
      expiresAtMs: 2,
      presence: { status: "busy", info: "lunch" },
      rooms: [
        { room: "a", observe: true, rules: kept, info: [1] },
        { room: "declared", observe: false, rules: { retainMs: 9 } },
        { room: "gone", observe: false, rules: { retainMs: 0 } },
      ],
    });
    mirror.apply({ ...open("ann"), presence: { status: "away" } } as OpBody, opened(3), rulesOf);
    expect(mirror.chunks()[0]![0]).toMatchObject({ presence: { status: "away" }, rooms: [] });
  });

  it("what a member says of itself is its last word: absent is as before, null is nothing", () => {
    const mirror = new Mirror();
    mirror.apply(open("ann"), opened(1), rulesOf);
    const roomAfter = (body: OpBody, op: "join" | "update") => {
      mirror.apply(body, { op } as LaneData, rulesOf);
      return mirror.chunks()[0]![0]!.rooms[0];
    };
    const update = (info: unknown) => ({ op: "update", ref: ref("ann"), room: "a", info }) as OpBody;
    const bare = { room: "a", observe: false, rules };
    expect(roomAfter(join("ann", "a"), "join")).toStrictEqual(bare);
    expect(roomAfter(update("x"), "update")).toStrictEqual({ ...bare, info: "x" });
    expect(roomAfter(join("ann", "a"), "join")).toStrictEqual({ ...bare, info: "x" });
    expect(roomAfter(join("ann", "a", null), "join")).toStrictEqual(bare);
    expect(roomAfter(update("y"), "update")).toMatchObject({ info: "y" });
    expect(roomAfter(update(null), "update")!.info).toBeUndefined();
    for (const body of [update("z"), { ...update("z"), ref: ref("bob") } as OpBody]) {
      mirror.apply({ ...body, room: "b" } as OpBody, { op: "update" } as LaneData, rulesOf);
    }
    expect(mirror.size).toBe(1);
  });

  it("an answer that is not one to the operation changes nothing", () => {
    const mirror = new Mirror();
    mirror.apply(open("ann"), done("close"), rulesOf);
    mirror.apply({ op: "assert", round: "r", sessions: [], last: true }, done("close"), rulesOf);
    expect(mirror.digest).toEqual({ count: 0, x1: 0, x2: 0 });
  });

  it("forgets memberships that are not kept, of whoever is held", () => {
    const mirror = new Mirror();
    mirror.apply(open("ann"), opened(1, ["a", "b"]), rulesOf);
    mirror.keepRooms(refKey(ref("ann")), (room) => room === "b");
    mirror.keepRooms(refKey(ref("bob")), () => false);
    expect(mirror.digest).toEqual(digestOf([{ user: "ann", incarnation: 1, rooms: ["b"] }]));
  });

  it("an empty edge asserts that it is empty", () => {
    expect(new Mirror().chunks()).toEqual([[]]);
  });

  it("adopts what presence never answered for, and forgets what it should not hold", () => {
    const mirror = new Mirror();
    mirror.adopt(ref("ann"), { issuedAtMs: 1, expiresAtMs: 2 });
    expect(mirror.incarnationOf(refKey(ref("ann")))).toBe(0);
    mirror.adopt(ref("ann"), { issuedAtMs: 3, expiresAtMs: 4 });
    expect(mirror.chunks()).toEqual([[{ ref: ref("ann"), incarnation: 0, issuedAtMs: 3, expiresAtMs: 4, rooms: [] }]]);
    expect(mirror.digest).toEqual(digestOf([{ user: "ann", incarnation: 0, rooms: [] }]));
    mirror.forget(refKey(ref("ann")));
    expect(mirror.digest).toEqual({ count: 0, x1: 0, x2: 0 });
  });

  it("[X3] lets go of what an assertion's answer says was revoked", () => {
    const mirror = new Mirror();
    for (const user of ["ann", "bob"]) {
      mirror.apply(open(user), opened(1), rulesOf);
      for (const room of ["a", "b"])
        mirror.apply({ ...join(user, room), issuedAtMs: 5 } as OpBody, done("join"), rulesOf);
    }
    const [sessions = []] = mirror.chunks();
    expect(sessions[0]!.rooms).toMatchObject([{ issuedAtMs: 5 }, { issuedAtMs: 5 }]);
    const answer: LaneData = {
      op: "assert",
      replaced: [ref("ann")],
      revoked: [ref("ann")],
      removed: [{ ref: ref("bob"), room: "a" }],
      incarnations: [{ ref: ref("bob"), incarnation: 1 }],
    };
    mirror.apply({ op: "assert", round: "r", sessions, last: true }, answer, rulesOf);
    expect(mirror.digest).toEqual(digestOf([{ user: "bob", incarnation: 1, rooms: ["b"] }]));
  });

  it("[P16] holds nothing when everything was closed", () => {
    const mirror = new Mirror();
    mirror.apply(open("ann"), opened(1), rulesOf);
    mirror.apply(join("ann", "doc"), done("join"), rulesOf);
    mirror.apply({ op: "close", ref: ref("ann"), how: "leave" }, done("close"), rulesOf);
    expect(mirror.size).toBe(0);
    expect(mirror.digest).toEqual({ count: 0, x1: 0, x2: 0 });
  });
});
