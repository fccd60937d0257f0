import { ManualClock } from "@rollcall/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import type { Session } from "../clients/session.ts";
import { HeldRooms } from "./held-rooms.ts";

const session = (...rooms: string[]) =>
  ({ rooms: new Map(rooms.map((room) => [room, {}])), joining: new Set() }) as unknown as Session;

describe("held rooms", () => {
  let clock: ManualClock;
  let isWell: boolean;
  let lost: string[];
  let held: HeldRooms;
  beforeEach(() => {
    clock = new ManualClock();
    isWell = true;
    lost = [];
    held = new HeldRooms({ clock, graceMs: 1_000, well: () => isWell, lost: (_, room) => lost.push(room) });
  });

  it("[P2] are left after the grace, and not before", async () => {
    held.hold(session(), ["a", "b"]);
    await clock.advance(750);
    expect(lost).toEqual([]);
    await clock.advance(250);
    expect(lost).toEqual(["a", "b"]);
    expect(clock.pending).toBe(0);
  });

  it("those joined again, before or after, are not", async () => {
    const one = session("joined");
    held.hold(one, ["joined", "a", "b"]);
    held.settle(one, "a");
    await clock.advance(1_000);
    expect(lost).toEqual(["b"]);
  });

  it("[P3] one whose join is under way is not left before that is refused", async () => {
    const one = session();
    held.hold(one, ["a", "b", "c"]);
    const attempts = ["a", "b"].map((room) => ({ room, cancelled: false }));
    for (const attempt of attempts) one.joining?.add(attempt);
    await clock.advance(5_000);
    expect(lost).toEqual(["c"]);
    held.settle(one, "a");
    one.joining?.clear();
    await clock.advance(250);
    expect(lost).toEqual(["c", "b"]);
    expect(clock.pending).toBe(0);
  });

  it("time does not run while presence or the log is away", async () => {
    held.hold(session(), ["a"]);
    isWell = false;
    await clock.advance(60_000);
    expect(lost).toEqual([]);
    isWell = true;
    await clock.advance(1_000);
    expect(lost).toEqual(["a"]);
  });

  it("[P2] a later session has a grace of its own; a room waits until it is settled or left", async () => {
    const [one, other] = [session(), session()];
    held.hold(one, ["a"]);
    await clock.advance(500);
    held.hold(other, ["b"]);
    expect(held.waitsFor(one, "a")).toBe(true);
    await clock.advance(500);
    expect(lost).toEqual(["a"]);
    expect([held.waitsFor(one, "a"), held.waitsFor(other, "b"), held.waitsFor(other, "a")]).toEqual([
      false,
      true,
      false,
    ]);
    await clock.advance(500);
    expect(lost).toEqual(["a", "b"]);
  });

  it("[P2] a grace that begins between two looks is no shorter", async () => {
    held.hold(session(), ["a"]);
    await clock.advance(200);
    held.hold(session(), ["b"]);
    await clock.advance(999);
    expect(lost).toEqual(["a"]);
    await clock.advance(251);
    expect(lost).toEqual(["a", "b"]);
  });

  it("[P2] a grace begins when it is held, however long nobody was", async () => {
    held.hold(session(), ["a"]);
    await clock.advance(1_000);
    await clock.advance(60_000);
    held.hold(session(), ["b"]);
    await clock.advance(750);
    expect(lost).toEqual(["a"]);
    await clock.advance(250);
    expect(lost).toEqual(["a", "b"]);
  });

  it("a session that has all of its rooms holds nothing", () => {
    held.hold(session("a"), ["a"]);
    expect([held.size, clock.pending]).toEqual([0, 0]);
  });

  it("[P16] the timer stays as long as one session holds something", () => {
    const [one, other] = [session(), session()];
    held.hold(one, ["a"]);
    held.hold(other, ["b"]);
    held.forget(one);
    expect(clock.pending).toBe(1);
    held.forget(other);
    expect(clock.pending).toBe(0);
  });

  it("[P16] a session that ended holds nothing, and no timer runs for nobody", () => {
    const one = session();
    held.hold(one, ["a"]);
    held.forget(one);
    held.forget(one);
    expect(held.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
