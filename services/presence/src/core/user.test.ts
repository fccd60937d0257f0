import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sessionOf as session } from "../../test/sessions.ts";
import {
  catchUp,
  changeOf,
  differs,
  dropSession,
  findSession,
  newUser,
  putSession,
  type Session,
  type Status,
  truthOf,
  type User,
  writePresence,
} from "./user.ts";

const userOf = (...sessions: Session[]): User => ({ ...newUser("main", "ann"), sessions });

const statuses = fc.constantFrom<Status>("active", "away", "busy");
const sessions = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom("a", "b", "c", "d"),
    status: statuses,
    w: fc.nat(3),
    info: fc.option(fc.constantFrom("1", "2"), { nil: undefined }),
  }),
  { selector: ({ id }) => id, minLength: 1 },
);

test("[P4][U1] the merge of devices is commutative and idempotent: only the set of sessions counts", () => {
  fc.assert(
    fc.property(sessions, fc.infiniteStream(fc.nat()), (facts, noise) => {
      const all = facts.map(({ id, ...more }) => session(id, more));
      const shuffled = all.map((one) => ({ one, at: noise.next().value })).toSorted((a, b) => a.at - b.at);
      const merged = shuffled.reduce((user, { one }) => putSession(putSession(user, one), one), newUser("main", "ann"));
      expect(truthOf(merged)).toEqual(truthOf(userOf(...all)));
    }),
  );
});

test("[P4][U1] merging in groups gives the same: the strongest of the strongest is the strongest", () => {
  fc.assert(
    fc.property(sessions, fc.nat(3), (facts, cut) => {
      const all = facts.map(({ id, ...more }) => session(id, more));
      const best = (some: Session[]) => {
        const truth = truthOf(userOf(...some));
        return some.filter((one) => one.status === truth?.status && one.info === truth?.info);
      };
      const [left, right] = [all.slice(0, cut), all.slice(cut)];
      const grouped = [...best(left), ...best(right)];
      expect(truthOf(userOf(...grouped))).toMatchObject({ status: truthOf(userOf(...all))!.status });
    }),
  );
});

test("[U1] a lost session still counts: nobody sees the difference before it ends", () => {
  expect(truthOf(userOf(session("a", { lost: "lost" }), session("b")))).toMatchObject({ devices: 2 });
  expect(truthOf(userOf())).toBeUndefined();
});

test("[U1] among equals the latest write counts, then the larger namespace, then the larger id", () => {
  const order = [
    session("z", { info: "0", status: "away", w: 9 }),
    session("z", { info: "1", ns: "/a", w: 1 }),
    session("a", { info: "2", ns: "/b", w: 1 }),
    session("b", { info: "3", ns: "/b", w: 1 }),
    session("a", { info: "4", w: 2 }),
  ];
  for (let i = 1; i < order.length; i++) {
    for (const pair of [order.slice(i - 1, i + 1), order.slice(i - 1, i + 1).toReversed()]) {
      expect(truthOf(userOf(...pair))?.info).toBe(String(i));
    }
  }
});

test("[U1] a write is later than every one before, whichever session made that", () => {
  const first = writePresence(userOf(session("a"), session("b")), session("a"), "active", "1");
  const second = writePresence(first, findSession(first, "/", "b")!, "active", "2");
  expect(second.sessions.map(({ w }) => w)).toEqual([1, 2]);
});

test("a session is one of its namespace: another of the same id stays what it is", () => {
  const user = userOf(session("a"), session("a", { ns: "/b" }));
  expect(findSession(user, "/b", "a")).toBe(user.sessions[1]);
  expect(dropSession(user, { ns: "/b", id: "a" }).sessions).toEqual([user.sessions[0]]);
  expect(putSession(user, session("a", { ns: "/b", w: 7 })).sessions.map(({ w }) => w)).toEqual([0, 7]);
});

describe("[A3] what an edge says of a session is a write only where the record differs", () => {
  const user = userOf(session("a", { status: "away", info: "1" }));
  const [known] = user.sessions as [Session];
  test.each([
    ["nothing", "away", "1", false],
    ["status", "busy", "1", true],
    ["info", "away", "2", true],
    ["hiding", "invisible", "1", true],
  ] as const)("%s", (_, status, info, writes) => {
    expect(catchUp(user, known, status, info) !== user).toBe(writes);
  });
  test("in hiding the status says nothing", () => {
    const hidden = { ...user, hidden: true };
    expect(catchUp(hidden, known, "invisible", "1")).toBe(hidden);
    expect(catchUp(hidden, known, "away", "1")).toMatchObject({ hidden: false });
  });
});

test.each([
  ["status", { status: "busy" }],
  ["info", { info: "1" }],
  ["devices", { devices: 2 }],
] as const)("[U3] readers see another %s", (_, more) => {
  const truth = { status: "active", info: undefined, devices: 1, hidden: false } as const;
  expect(differs(truth, { ...truth, ...more })).toBe(true);
  expect(differs(truth, { ...truth })).toBe(false);
  expect(differs(truth, undefined)).toBe(true);
  expect(differs(undefined, undefined)).toBe(false);
});

test("[U1] hiding leaves the status as it was; a later write of another status shows again", () => {
  const busy = writePresence(userOf(session("a")), session("a"), "busy", '"x"');
  const hidden = writePresence(busy, busy.sessions[0]!, "invisible", undefined);
  expect(truthOf(hidden)).toMatchObject({ status: "busy", hidden: true });
  expect(truthOf(writePresence(hidden, hidden.sessions[0]!, "away", undefined))).toMatchObject({
    status: "away",
    hidden: false,
  });
});

describe("[U2][U3][U4] what a commit changed for those who read", () => {
  const truth = { status: "active" as const, info: undefined, devices: 1, hidden: false };
  const hidden = { ...truth, hidden: true };
  test.each([
    ["nothing", truth, { ...truth }, undefined],
    ["nobody there before or after", undefined, undefined, undefined],
    ["online", undefined, truth, { kind: "online", seen: true, born: true }],
    ["online unseen", undefined, hidden, { kind: "online", seen: false, born: true }],
    ["offline", truth, undefined, { kind: "offline", seen: true, born: false }],
    ["offline unseen", hidden, undefined, { kind: "offline", seen: false, born: false }],
    ["another device", truth, { ...truth, devices: 2 }, { kind: "changed", seen: true, born: false }],
    ["changed in hiding", hidden, { ...hidden, devices: 2 }, { kind: "changed", seen: false, born: false }],
    ["into hiding", truth, hidden, { kind: "changed", seen: true, born: false }],
    ["out of hiding", hidden, truth, { kind: "changed", seen: true, born: true }],
  ] as const)("%s", (_name, before, after, change) => {
    expect(changeOf(before, after)).toEqual(change);
  });
});
