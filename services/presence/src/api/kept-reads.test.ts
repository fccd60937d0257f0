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
