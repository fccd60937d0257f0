import type { JoinAck, Member, RosterDiff, StateDiff } from "@rollcall/client";
import { describe, expect, it } from "vitest";
import {
  applyHistory,
  applyOccupancy,
  applyRoster,
  applyState,
  differences,
  fromJoin,
  haveOf,
  type RoomView,
} from "./fold.ts";

const member = (user: string, info?: unknown): Member => ({
  user,
  devices: 1,
  since: "2026-01-01T00:00:00Z",
  ...(info === undefined ? {} : { info }),
});
const answer = (parts: Partial<JoinAck> = {}): JoinAck => ({
  room: "doc:1",
  epoch: "1.1",
  resumed: false,
  mode: "roster",
  count: 1,
  roster: { version: 5, members: [member("ann")] },
  state: { version: 3, entries: [{ key: "title", value: "a", version: 3 }] },
  history: { seq: 7 },
  ...parts,
});
const view = (): RoomView => fromJoin(undefined, answer()) as RoomView;
const roster = (parts: Partial<RosterDiff>): RosterDiff => ({
  room: "doc:1",
  epoch: "1.1",
  from: 5,
  to: 6,
  count: 1,
  ...parts,
});
const state = (parts: Partial<StateDiff>): StateDiff => ({ room: "doc:1", epoch: "1.1", from: 3, to: 4, ...parts });

describe("diffs", () => {
  it("[P7] apply from what is known or before it, and lead to their end", () => {
    const now = view();
    expect(applyRoster(now, roster({ from: 4, to: 8, joined: [member("bob")], left: ["ann"] }))).toBe("applied");
    expect([...now.members.keys()]).toEqual(["bob"]);
    expect(applyState(now, state({ to: 9, set: [{ key: "note:1", value: 1, version: 9 }], deleted: ["title"] }))).toBe(
      "applied",
    );
    expect([...now.entries.keys()]).toEqual(["note:1"]);
    expect(haveOf(now)).toEqual({ epoch: "1.1", roster: 8, state: 9, history: 7 });
  });

  it("[P7] to what is known change nothing", () => {
    const now = view();
    expect(applyRoster(now, roster({ from: 1, to: 5, left: ["ann"] }))).toBe("old");
    expect(applyState(now, state({ from: 0, to: 3, deleted: ["title"] }))).toBe("old");
    expect(now).toEqual(view());
  });

  it.each([{ from: 6, to: 7 }, { epoch: "1.2" }])("[P7] %j is a gap", (parts) => {
    expect(applyRoster(view(), roster(parts))).toBe("gap");
    expect(applyState(view(), state(parts))).toBe("gap");
  });
});

it("a count forgets members, and no diff of members applies to it", () => {
  const now = view();
  expect(applyOccupancy(now, { room: "doc:1", epoch: "1.1", version: 9, count: 501 })).toBe("applied");
  expect(now).toMatchObject({ mode: "occupancy", count: 501, roster: 9 });
  expect(now.members.size).toBe(0);
  expect(applyRoster(now, roster({ from: 9, to: 10, joined: [member("bob")] }))).toBe("gap");
});

it("history is consecutive", () => {
  const now = view();
  expect([8, 8, 10, 11].map((seq) => applyHistory(now, seq))).toEqual(["applied", "old", "gap", "applied"]);
});

describe("joining again", () => {
  const delta = { room: "doc:1", epoch: "1.1", from: 5, to: 5, count: 1 };

  it("with deltas continues the same view", () => {
    const known = view();
    const again = answer({
      resumed: true,
      roster: { version: 6, delta: { ...delta, to: 6, joined: [member("bob")], count: 2 } },
      state: { version: 3, delta: { ...delta, from: 3, to: 3 } },
    });
    expect(fromJoin(known, again)).toBe(known);
    expect([...known.members.keys()]).toEqual(["ann", "bob"]);
  });

  it("a snapshot older than what came meanwhile is left aside", () => {
    const known = view();
    applyRoster(known, roster({ joined: [member("bob")] }));
    fromJoin(known, answer());
    expect([...known.members.keys()]).toEqual(["ann", "bob"]);
  });

  it("a delta onto nothing, or onto another life of the room, is a gap", () => {
    const again = answer({ epoch: "1.2", roster: { version: 6, delta: { ...delta, epoch: "1.2", to: 6 } } });
    expect(fromJoin(undefined, again)).toBe("gap");
    expect(fromJoin(view(), again)).toBe("gap");
  });

  it("a snapshot of another life replaces everything", () => {
    const fresh = answer({ epoch: "1.2", roster: { version: 1, members: [] }, state: { version: 0, entries: [] } });
    expect(fromJoin(view(), fresh)).toMatchObject({ epoch: "1.2", roster: 1, state: 0 });
  });
});

it("differences name ghosts, who is missing and whose info is another; what is unsure is left out", () => {
  const members = new Map(
    [member("ann"), member("bob", { color: "red" }), member("gus")].map((one) => [one.user, one]),
  );
  const truth = new Map<string, unknown>([
    ["ann", undefined],
    ["bob", { color: "blue" }],
    ["cid", undefined],
  ]);
  expect(differences(members, truth)).toEqual(["ghost gus", "info of bob", "missing cid"]);
  expect(differences(members, truth, new Set(["gus", "bob", "cid"]))).toEqual([]);
});
