import type { Entry, Member, RosterDiff, StateDiff } from "@rollcall/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { areNeighbours, mergeRoster, mergeState } from "./merge.ts";

/** A client's fold, written down naively from the rules. */
interface Client {
  epoch: string;
  version: number;
  members: Map<string, Member>;
}
function foldRoster(client: Client, diff: RosterDiff): Client {
  if (diff.epoch !== client.epoch || diff.from > client.version) throw new Error("gap");
  if (diff.to <= client.version) return client;
  const members = new Map(client.members);
  for (const user of diff.left ?? []) members.delete(user);
  for (const member of [...(diff.joined ?? []), ...(diff.updated ?? [])]) members.set(member.user, member);
  return { epoch: client.epoch, version: diff.to, members };
}

const users = ["ann", "bob", "cem", "dia"];
type Step = { user: string; kind: "toggle" | "update"; info: number };
const steps = fc.array(
  fc.record<Step>({
    user: fc.constantFrom(...users),
    kind: fc.constantFrom("toggle", "update"),
    info: fc.nat({ max: 9 }),
  }),
  { minLength: 1, maxLength: 20, size: "max" },
);

/** The diffs a server sends for a run of changes, one version each, and the roster after each of them. */
function rosterRun(run: Step[]) {
  const members = new Map<string, Member>();
  const diffs: RosterDiff[] = [];
  const states = [new Map(members)];
  for (const { user, kind, info } of run) {
    const version = diffs.length;
    const base = { room: "r", epoch: "1.1", from: version, to: version + 1 };
    const member: Member = { user, info, devices: 1, since: "2026-01-01T00:00:00Z" };
    if (kind === "toggle" && members.has(user)) {
      members.delete(user);
      diffs.push({ ...base, left: [user], count: members.size });
    } else {
      const how = members.has(user) ? "updated" : "joined";
      members.set(user, member);
      diffs.push({ ...base, [how]: [member], count: members.size });
    }
    states.push(new Map(members));
  }
  return { diffs, states };
}

const grouped = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 20, maxLength: 20 });
function mergeInGroups<D>(diffs: D[], sizes: number[], merge: (a: D, b: D) => D): D[] {
  const merged: D[] = [];
  let at = 0;
  for (const size of sizes) {
    const group = diffs.slice(at, at + size);
    at += size;
    if (group.length > 0) merged.push(group.reduce(merge));
  }
  return merged;
}

describe("merging diffs", () => {
  it("[P8] any snapshot with any merge of the diffs gives the same roster", () => {
    fc.assert(
      fc.property(steps, grouped, fc.nat({ max: 20 }), (run, sizes, at) => {
        const { diffs, states } = rosterRun(run);
        const version = Math.min(at, diffs.length);
        let client: Client = { epoch: "1.1", version, members: states[version]! };
        for (const diff of mergeInGroups(diffs, sizes, mergeRoster)) client = foldRoster(client, diff);
        expect(client.version).toBe(diffs.length);
        expect(client.members).toEqual(states.at(-1));
      }),
    );
  });

  it("[P8] a merged roster diff names nobody twice and keeps the last count", () => {
    fc.assert(
      fc.property(steps, (run) => {
        const { diffs, states } = rosterRun(run);
        const merged = diffs.reduce(mergeRoster);
        const named = [...(merged.joined ?? []), ...(merged.updated ?? [])].map((member) => member.user);
        named.push(...(merged.left ?? []));
        expect(new Set(named).size).toBe(named.length);
        expect(merged.count).toBe(states.at(-1)!.size);
      }),
    );
  });

  it("a join followed by a leave is sent as left", () => {
    const { diffs } = rosterRun([
      { user: "ann", kind: "toggle", info: 1 },
      { user: "ann", kind: "toggle", info: 1 },
    ]);
    expect(diffs.reduce(mergeRoster)).toEqual({ room: "r", epoch: "1.1", from: 0, to: 2, left: ["ann"], count: 0 });
  });

  it("what has gone is named as left or deleted alone, and nothing is named that is empty", () => {
    const base = { room: "r", epoch: "1.1", count: 0 };
    const ann: Member = { user: "ann", devices: 1, since: "2026-01-01T00:00:00Z" };
    expect(
      mergeRoster({ ...base, from: 0, to: 1, updated: [ann] }, { ...base, from: 1, to: 2, left: ["ann"] }),
    ).toEqual({
      ...base,
      from: 0,
      to: 2,
      left: ["ann"],
    });
    const back = { ...base, from: 1, to: 2, joined: [ann] };
    expect(mergeRoster({ ...base, from: 0, to: 1, left: ["ann"] }, back)).toEqual({ ...back, from: 0 });
    const set = { room: "r", epoch: "1.1", from: 1, to: 2, set: [{ key: "k", value: 1, version: 2 }] };
    const gone = { room: "r", epoch: "1.1", from: 0, to: 1, deleted: ["k"] };
    expect(mergeState(gone, set)).toEqual({ ...set, from: 0 });
    expect(mergeState({ ...set, from: 0, to: 1 }, { ...gone, from: 1, to: 2 })).toEqual({ ...gone, from: 0, to: 2 });
  });

  it("[P8] any merge of state diffs gives the same state", () => {
    const ops = fc.array(
      fc.record({ key: fc.constantFrom("a", "b", "c"), value: fc.option(fc.nat({ max: 9 }), { nil: undefined }) }),
      { minLength: 1, maxLength: 20, size: "max" },
    );
    fc.assert(
      fc.property(ops, grouped, (run, sizes) => {
        const state = new Map<string, Entry>();
        const diffs = run.map(({ key, value }, i): StateDiff => {
          const base = { room: "r", epoch: "1.1", from: i, to: i + 1 };
          if (value === undefined) {
            state.delete(key);
            return { ...base, deleted: [key] };
          }
          const entry = { key, value, version: i + 1 };
          state.set(key, entry);
          return { ...base, set: [entry] };
        });
        const folded = new Map<string, Entry>();
        for (const diff of mergeInGroups(diffs, sizes, mergeState)) {
          for (const key of diff.deleted ?? []) folded.delete(key);
          for (const entry of diff.set ?? []) folded.set(entry.key, entry);
        }
        expect(folded).toEqual(state);
      }),
    );
  });

  it("[P7] only neighbours of one epoch merge", () => {
    const diff = (epoch: string, from: number, to: number) => ({ epoch, from, to });
    expect(areNeighbours(diff("1.1", 1, 3), diff("1.1", 3, 4))).toBe(true);
    expect(areNeighbours(diff("1.1", 1, 3), diff("1.1", 2, 4))).toBe(true);
    expect(areNeighbours(diff("1.1", 1, 3), diff("1.1", 4, 5))).toBe(false);
    expect(areNeighbours(diff("1.1", 1, 3), diff("1.2", 3, 4))).toBe(false);
    expect(areNeighbours(diff("1.1", 1, 3), diff("1.1", 1, 3))).toBe(true);
    expect(areNeighbours(diff("1.1", 3, 4), diff("1.1", 1, 3))).toBe(false);
    expect(areNeighbours(diff("1.1", 2, 4), diff("1.1", 1, 5)), "begins before").toBe(false);
    expect(areNeighbours(diff("1.1", 1, 4), diff("1.1", 2, 3)), "ends before").toBe(false);
  });
});
