import type { RosterDiff } from "@rollcall/contracts";
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

describe("coalescer", () => {
  let clock: ManualClock;
  let out: { packet: [string, RosterDiff, Record<string, unknown>]; causes: readonly string[] }[];
  let written: number;
  let coalescer: Coalescer;
  beforeEach(() => {
    clock = new ManualClock();
    out = [];
    written = 0;
    coalescer = new Coalescer({
      clock,
      windowMs: 50,
      deliver: ({ packetJson }, causes) => out.push({ packet: JSON.parse(packetJson), causes }),
      written: () => (written = out.length),
    });
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
    const state = (n: number) => {
      const set = [{ key: `k${n}`, value: "語".repeat(10_000), version: n }];
      return entry("room:state", { room: "a", epoch: "1.1", from: n - 1, to: n, set }, n);
    };
    for (let n = 1; n <= 6; n++) coalescer.take("a", state(n));
    coalescer.flush();
    expect(out.map(({ packet }) => packet[1].to)).toEqual([2, 4, 6]);
    for (const { packet } of out) expect(Buffer.byteLength(JSON.stringify(packet))).toBeLessThan(128 * 1024);
  });

  it("[P16] forgets rooms that went quiet", async () => {
    coalescer.take("a", roster(1, "ann"));
    coalescer.flush();
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
  });
});
