import type { RosterDiff, StateDiff } from "@rollcall/contracts";
import type { ReceivedEntry } from "@rollcall/fanout";
import { ManualClock } from "@rollcall/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Coalescer } from "./coalescer.ts";

const entry = (event: string, payload: unknown, n: number): ReceivedEntry => ({
  tenant: "main",
  namespace: "/",
  targets: ["r:main/a"],
  event,
  mid: `m${n}`,
  traceparent: `tp${n}`,
  packetJson: JSON.stringify([event, payload, { id: `m${n}`, ts: "t", room: "a", re: "x" }]),
  position: { cell: "c0", partition: 0, id: `${n}-0` },
  loggedAtMs: n,
});
const roster = (n: number, user: string, room = "a"): ReceivedEntry => {
  const member = { user, devices: 1, since: "t" };
  return entry("room:roster", { room, epoch: "1.1", from: n - 1, to: n, joined: [member], count: n }, n);
};

const state = (n: number, value: unknown = n): ReceivedEntry => {
  const set = [{ key: `k${n}`, value, version: n }];
  return entry("room:state", { room: "a", epoch: "1.1", from: n - 1, to: n, set }, n);
};

describe("coalescer", () => {
  let clock: ManualClock;
  let out: { packet: [string, RosterDiff & StateDiff, Record<string, unknown>]; causes: readonly string[] }[];
  let written: number;
  let coalescer: Coalescer;
  const withWindow = (windowMs: number) =>
    new Coalescer({
      clock,
      windowMs,
      deliver: ({ packetJson }, causes) => out.push({ packet: JSON.parse(packetJson), causes }),
      written: () => (written = out.length),
    });
  const read = (...entries: ReceivedEntry[]) => {
    for (const one of entries) coalescer.take("a", one);
    coalescer.flush();
  };
  const versions = () => out.map(({ packet }) => packet[1].to);
  beforeEach(() => {
    clock = new ManualClock();
    out = [];
    written = 0;
    coalescer = withWindow(50);
  });

  it("sends a single diff at once, as it is", () => {
    coalescer.take("a", roster(1, "ann"));
    coalescer.flush();
    expect(out).toHaveLength(1);
    expect(out[0]!.packet[2]).toMatchObject({ re: "x" });
  });

  it("merges what one read brings, and what the window gathers", async () => {
    for (const [i, user] of ["ann", "bob", "cem"].entries()) coalescer.take("a", roster(i + 1, user));
    coalescer.flush();
    expect(out).toHaveLength(1);
    expect(out[0]!.packet[1]).toMatchObject({ from: 0, to: 3, count: 3 });
    expect(out[0]!.packet[2]).toEqual({ id: "m3", ts: "t", room: "a" });
    expect(out[0]!.causes).toEqual(["tp1", "tp2"]);
    for (let n = 4; n <= 9; n++) {
      coalescer.take("a", roster(n, `u${n}`));
      coalescer.flush();
    }
    expect(out).toHaveLength(1);
    await clock.advance(50);
    expect(out).toHaveLength(2);
    expect(out[1]!.packet[1]).toMatchObject({ from: 3, to: 9 });
  });

  it("has what a window gathered written at its end, without a read behind it", async () => {
    for (const n of [1, 2]) {
      coalescer.take("a", roster(n, `u${n}`));
      coalescer.flush();
    }
    await clock.advance(50);
    expect(out.map(({ packet }) => packet[1].to)).toEqual([1, 2]);
    expect(written).toBe(2);
  });

  it("ends each room's window by itself: nothing waits for two", async () => {
    const said = (room: string) =>
      out.filter(({ packet }) => packet[1].room === room).map(({ packet }) => packet[1].to);
    for (const [i, room] of ["a", "b"].entries()) {
      await clock.advance(20 * i);
      for (const n of [1, 2]) {
        coalescer.take(room, roster(n, `u${n}`, room));
        coalescer.flush();
      }
    }
    await clock.advance(30);
    expect([said("a"), said("b")]).toEqual([[1, 2], [1]]);
    await clock.advance(20);
    expect(said("b")).toEqual([1, 2]);
  });

  it("keeps the order of a room: diffs go before the next other event", () => {
    coalescer.take("a", roster(1, "ann"));
    expect(coalescer.take("a", entry("chat:said", {}, 2))).toBe(false);
    coalescer.settle("a");
    expect(out.map(({ packet }) => packet[1].to)).toEqual([1]);
  });

  it("does not merge over a gap, nor two rooms", () => {
    coalescer.take("a", roster(1, "ann"));
    coalescer.take("a", roster(3, "bob"));
    coalescer.take("b", roster(4, "cem", "b"));
    coalescer.flush();
    expect(out).toHaveLength(3);
  });

  it("does not merge beyond what an event may have, in bytes", () => {
    for (let n = 1; n <= 6; n++) coalescer.take("a", state(n, "語".repeat(10_000)));
    coalescer.flush();
    expect(out.map(({ packet }) => packet[1].to)).toEqual([2, 4, 6]);
    for (const { packet } of out) expect(Buffer.byteLength(JSON.stringify(packet))).toBeLessThan(128 * 1024);
  });

  it("merges each kind as what it is, and tells of no cause that was not told", () => {
    expect(coalescer.take("a", state(1))).toBe(true);
    coalescer.take("a", roster(1, "ann"));
    const { traceparent: _, ...untraced } = state(2);
    read(untraced, state(3), roster(2, "bob"));
    const [one, other] = out;
    expect(one!.packet[1].joined!.map(({ user }) => user)).toEqual(["ann", "bob"]);
    expect(one!.causes).toEqual(["tp1"]);
    expect(other!.packet[1].set!.map(({ key }) => key)).toEqual(["k1", "k2", "k3"]);
    expect(other!.causes).toEqual(["tp1"]);
  });

  it("settles diffs of both kinds, and rooms it knows nothing of", () => {
    coalescer.settle("another");
    coalescer.take("a", roster(1, "ann"));
    coalescer.take("a", state(1));
    coalescer.settle("a");
    expect(out.map(({ packet }) => packet[0])).toEqual(["room:roster", "room:state"]);
  });

  it("begins a window also for what was settled in the read", async () => {
    coalescer.take("a", roster(1, "ann"));
    coalescer.settle("a");
    coalescer.flush();
    read(roster(2, "bob"));
    expect(versions()).toEqual([1]);
    await clock.advance(50);
    expect(versions()).toEqual([1, 2]);
  });

  it.each([
    ["roster", roster],
    ["state", (n: number, user: string) => state(n, user)],
  ])("a room that speaks in each window has one after the other, by its %s alone", async (_, diff) => {
    read(diff(1, "ann"));
    for (let n = 2; n <= 4; n++) {
      read(diff(n, "bob"));
      expect(versions()).toHaveLength(n - 1);
      await clock.advance(50);
    }
    expect(versions()).toEqual([1, 2, 3, 4]);
  });

  it("[P16] forgets rooms that went quiet: their next diff goes out at once", async () => {
    read(roster(1, "ann"));
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
    read(roster(2, "bob"));
    expect(versions()).toEqual([1, 2]);
  });

  it("without a window merges what one read brings, and waits for nothing", () => {
    coalescer = withWindow(0);
    read(roster(1, "ann"), roster(2, "bob"));
    read(roster(3, "cem"));
    expect(versions()).toEqual([2, 3]);
    expect(clock.pending).toBe(0);
  });

  it("[P16] closed, sends nothing more and waits for nothing", async () => {
    read(roster(1, "ann"));
    coalescer.take("a", roster(2, "bob"));
    coalescer.take("b", roster(1, "cem", "b"));
    coalescer.close();
    coalescer.settle("a");
    coalescer.flush();
    expect(clock.pending).toBe(0);
    expect(versions()).toEqual([1]);
  });
});
