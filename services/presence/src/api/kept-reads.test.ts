import { ManualClock } from "@rollcall/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import type { HistoryRead, JoinFacts } from "../store.ts";
import { KeptReads, type RosterRead } from "./kept-reads.ts";

const name = { tenant: "main", namespace: "/", room: "doc:1" };
const at = (version: number, more: Partial<JoinFacts> = {}): JoinFacts => ({
  ...{ roomEpoch: "1.1", version, count: 1, occupancy: false, stateVersion: 0, seq: 0, position: "0-0" },
  ...{ change: undefined, ...more },
});
const roster = (version: number, roomEpoch = "1.1"): RosterRead => ({ ...at(version), roomEpoch, members: [] });
const history = (seq: number, text = ""): HistoryRead => ({ roomEpoch: "1.1", seq, events: [text], seqs: [seq] });

let clock: ManualClock;
let kept: KeptReads;
let reads: number;
beforeEach(() => {
  clock = new ManualClock();
  kept = new KeptReads(clock);
  reads = 0;
});
const reading =
  <T>(value: T) =>
  async () => {
    reads++;
    return value;
  };

describe("what joins read, kept", () => {
  it("[K1] a roster serves joins that it is not older than, of the same life", async () => {
    await kept.roster(name, at(4), reading(roster(5)));
    expect(await kept.roster(name, at(5), reading(roster(0)))).toMatchObject({ version: 5 });
    expect(reads).toBe(1);
    expect(await kept.roster(name, at(6), reading(roster(6)))).toMatchObject({ version: 6 });
    expect(await kept.roster(name, at(1, { roomEpoch: "1.2" }), reading(roster(1, "1.2")))).toMatchObject({
      version: 1,
    });
    expect(await kept.roster({ ...name, room: "doc:2" }, at(1), reading(roster(9)))).toMatchObject({ version: 9 });
    expect(reads).toBe(4);
  });

  it("[K1] many at once read once, and once more when what was being read turns out too old", async () => {
    const { promise, resolve } = Promise.withResolvers<RosterRead>();
    const slow = () => {
      reads++;
      return promise;
    };
    const first = kept.roster(name, at(1), slow);
    const later = Array.from({ length: 10 }, () => kept.roster(name, at(2), reading(roster(2))));
    resolve(roster(1));
    expect(await first).toMatchObject({ version: 1 });
    expect(new Set((await Promise.all(later)).map(({ version }) => version))).toEqual(new Set([2]));
    expect(reads).toBe(2);
  });

  it("[K1] joins whose changes follow on a roster bring it up to date, and the first of a room makes one", async () => {
    const member = (user: string, devices = 1) => ({ user, devices, since: "2026-01-01T00:00:00.000Z" });
    const join = (user: string, from: number, version: number, count: number, more: Partial<JoinFacts> = {}) => {
      const kind = more.change?.kind ?? "joined";
      const change = { kind, from, member: JSON.stringify(member(user)) };
      return { name, facts: at(version, { count, ...more, change }) };
    };
    const usersAt = async (version: number) => {
      const { members } = await kept.roster(name, at(version), reading({ ...roster(version), members: [] }));
      return members.map(({ user }) => user);
    };
    kept.follow([join("bob", 0, 2, 1), join("ann", 2, 3, 2)]);
    expect(await usersAt(3)).toEqual(["ann", "bob"]);
    kept.follow([join("cem", 3, 4, 3), join("bob", 4, 5, 3, { change: { kind: "updated", from: 4, member: "" } })]);
    expect(await usersAt(5)).toEqual(["ann", "bob", "cem"]);
    expect(reads).toBe(0);

    kept.follow([join("eve", 6, 7, 3)]); // somebody left in between
    expect(await usersAt(7)).toEqual([]);
    expect(reads).toBe(1);
    kept.follow([join("fay", 7, 8, 3)]); // what was read is not whole: a page of it, of a count of 1
    expect(await usersAt(8)).toEqual([]);
    expect(reads).toBe(2);
    kept.follow([join("gil", 0, 2, 1, { roomEpoch: "1.2" })]); // another life
    expect(await kept.roster(name, at(2, { roomEpoch: "1.2" }), reading(roster(2)))).toMatchObject({
      members: [{ user: "gil" }],
    });
    expect(reads).toBe(2);
  });

  it("[K2] a history serves from the same place on, when it reaches far enough", async () => {
    await kept.history(name, 3, at(1, { seq: 8 }), reading(history(8)));
    await kept.history(name, 3, at(1, { seq: 8 }), reading(history(8)));
    expect(reads).toBe(1);
    await kept.history(name, 4, at(1, { seq: 8 }), reading(history(8)));
    await kept.history(name, 3, at(1, { seq: 9 }), reading(history(9)));
    expect(reads).toBe(3);
  });

  it("[K3] is kept for seconds, and nothing that is large or failed", async () => {
    await kept.roster(name, at(1), reading(roster(1)));
    await clock.advance(5_000);
    await kept.roster(name, at(1), reading(roster(1)));
    expect(reads).toBe(2);
    const large = reading(history(1, "x".repeat(40_000)));
    for (let i = 0; i < 2; i++) await kept.history(name, 0, at(1, { seq: 1 }), large);
    expect(reads).toBe(4);
    const failing = () => Promise.reject(new Error("away"));
    await expect(kept.history(name, 7, at(1, { seq: 1 }), failing)).rejects.toThrow("away");
    expect(await kept.history(name, 7, at(1, { seq: 1 }), reading(history(1)))).toMatchObject({ seq: 1 });
  });
});
