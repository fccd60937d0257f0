import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AckGate } from "./gate.ts";
import { isAfter } from "./position.ts";

const entry = (n: number, bytes = 10) => ({ position: { id: `${n}-0` }, packetJson: "x".repeat(bytes), n });
type E = ReturnType<typeof entry>;
const nobody = () => false;

describe("positions", () => {
  it("are compared as numbers, not as text", () => {
    expect(isAfter("10-0", "9-0")).toBe(true);
    expect(isAfter("9-10", "9-9")).toBe(true);
    expect(isAfter("9-9", "9-9")).toBe(false);
    expect(isAfter("18446744073709551615-2", "18446744073709551615-10")).toBe(false);
  });
});

describe("ack gate", () => {
  /**
   * One room, entries 1..n in the log, a snapshot that contains those up to `at`. The reader meets the join after
   * `asked` entries and the answer after `answered` of them.
   */
  it("[P7] every entry after the snapshot arrives once, in order, after the ack, and none before", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 12 }),
        fc.boolean(),
        (a, b, at, heartbeat) => {
          const total = 12;
          const asked = Math.min(a, b);
          const answered = Math.max(a, b);
          // The snapshot is taken after the join was asked for, and the log then is at least as far as the reader was.
          const snapshot = Math.max(at, asked);
          const gate = new AckGate<string, E>();
          const got: number[] = [];
          let live = false;
          let reader = 0;
          const read = (n: number) => {
            for (const _ of gate.offer("room", entry(n), nobody)) live = true;
            if (live) got.push(n);
            reader = n;
            if (heartbeat && gate.pass(`${reader}-0`).length > 0) live = true;
          };
          for (let n = 1; n <= asked; n++) read(n);
          const joiner = gate.open("room", "me");
          for (let n = asked + 1; n <= answered; n++) read(n);
          expect(got).toEqual([]);
          const admission = gate.admit(joiner, `${snapshot}-0`, reader === 0 ? undefined : `${reader}-0`);
          got.push(...admission.follow.map(({ n }) => n));
          live ||= admission.live;
          for (let n = answered + 1; n <= total; n++) read(n);
          const expected = Array.from({ length: total }, (_, i) => i + 1).filter((n) => n > snapshot);
          expect(got).toEqual(expected);
        },
      ),
    );
  });

  it("holds for each joiner of a room by itself, and not what is excepted for it", () => {
    const gate = new AckGate<string, E>();
    const a = gate.open("room", "a");
    gate.offer("room", entry(1), nobody);
    const b = gate.open("room", "b");
    gate.offer("room", entry(2), (member) => member === "a");
    gate.offer("other", entry(3), nobody);
    expect(gate.admit(a, "0-0", "3-0").follow.map(({ n }) => n)).toEqual([1]);
    expect(gate.admit(b, "0-0", "3-0").follow.map(({ n }) => n)).toEqual([2]);
    expect(gate.idle).toBe(true);
  });

  it("is bounded: beyond it the joiner is told that something is lost", () => {
    const gate = new AckGate<string, E>();
    const joiner = gate.open("room", "me");
    for (let n = 1; n <= 300; n++) gate.offer("room", entry(n), nobody);
    expect(gate.admit(joiner, "0-0", "300-0")).toEqual({ follow: [], live: true, lost: true });
    const heavy = gate.open("room", "me");
    for (let n = 1; n <= 3; n++) gate.offer("room", entry(n, 100_000), nobody);
    expect(gate.admit(heavy, "0-0", "3-0").lost).toBe(true);
  });

  it("a leave during the join closes it, and nobody else's", () => {
    const gate = new AckGate<string, E>();
    gate.open("room", "me");
    const other = gate.open("room", "other");
    gate.leave("room", "me");
    gate.leave("a room nobody joins", "me");
    gate.offer("room", entry(1), nobody);
    expect(gate.size).toBe(1);
    expect(gate.admit(other, "0-0", "1-0")).toMatchObject({ follow: [{ n: 1 }], live: true });
    expect(gate.idle).toBe(true);
  });

  it("who goes leaves all rooms it was joining", () => {
    const gate = new AckGate<string, E>();
    for (const key of ["a", "b"]) gate.open(key, "me");
    gate.open("b", "other");
    gate.drop("me");
    expect([gate.isAwaited("a"), gate.isAwaited("b")]).toEqual([false, true]);
  });

  it("a reader behind the snapshot makes its joiner live once, when it has passed it", () => {
    const gate = new AckGate<string, E>();
    gate.admit(gate.open("room", "me"), "5-0", "3-0");
    expect(gate.pass("4-0")).toEqual([]);
    expect(gate.offer("room", entry(5), nobody)).toEqual([]);
    expect(gate.pass("5-0")).toEqual([{ key: "room", member: "me" }]);
    expect(gate.pass("6-0")).toEqual([]);
    gate.admit(gate.open("room", "me"), "9-0", "6-0");
    expect(gate.offer("room", entry(10), nobody)).toEqual(["me"]);
    expect(gate.offer("room", entry(11), nobody)).toEqual([]);
    expect(gate.idle).toBe(true);
  });

  it("a rewound log makes those who waited for it live, and marks the others as having lost something", () => {
    const gate = new AckGate<string, E>();
    const waiting = gate.open("room", "waiting");
    gate.admit(waiting, "50-0", "10-0");
    const joining = gate.open("room", "joining");
    expect(gate.rewind()).toEqual([{ key: "room", member: "waiting" }]);
    expect(gate.rewind()).toEqual([]);
    expect(gate.admit(joining, "5-0", "1-0").lost).toBe(true);
  });
});
