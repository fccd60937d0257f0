/** What a connection may hold, and what becomes of one that holds more: `lanes.test.ts` has what it is sent. */

import { beforeEach, describe, expect, test } from "vitest";
import { FakeConn, laneScene, large, order, small } from "../test/lane-scene.ts";
import type { Lane } from "./lane.ts";
import { DEFAULT_LANE_LIMITS } from "./lane-limits.ts";

let { clock, events, lanes, open } = laneScene();
beforeEach(() => {
  ({ clock, events, lanes, open } = laneScene());
});

describe("[W2] bounds", () => {
  test("pressure when it stays above the soft limit, once, and relief when it is over", async () => {
    const conn = new FakeConn();
    const lane = open(conn);
    conn.tcp.isBlocked = true;
    for (let i = 0; i < 10; i++) {
      lanes.append(lane, large(10_000));
      lanes.flush();
    }
    expect(events).toEqual([]);
    await clock.advance(3 * DEFAULT_LANE_LIMITS.settleMs);
    expect(events).toEqual(["pressure"]);
    expect(lanes.bufferedBytes()).toBeGreaterThan(100_000);
    conn.tcp.isBlocked = false;
    conn.tcp.drain();
    expect(events).toEqual(["pressure", "relief"]);
    expect(lanes.bufferedBytes()).toBe(0);
  });

  test("above the hard limit its owner is told once, nothing more is kept", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    conn.tcp.isBlocked = true;
    for (let i = 0; i < 40; i++) {
      lanes.append(lane, large(10_000));
      lanes.flush();
    }
    expect(events.filter((event) => event === "slow")).toHaveLength(1);
    expect(conn.tcp.writableLength).toBeLessThanOrEqual(DEFAULT_LANE_LIMITS.hardBytes);
    expect(lane.pending).toBeUndefined();
    conn.tcp.drain();
    expect(lanes.bufferedBytes()).toBe(0);
  });

  test("packets of engine.io count: acks to a client that asks and does not read", async () => {
    const conn = new FakeConn();
    open(conn);
    conn.isStuck = true;
    for (let i = 0; i < 100; i++) conn.sendPacket("message", "x".repeat(1_000));
    await clock.advance(DEFAULT_LANE_LIMITS.settleMs);
    for (let i = 0; i < 200; i++) conn.sendPacket("message", "x".repeat(1_000));
    expect(events).toEqual(["pressure", "dropped slow 0", "slow"]);
  });

  test("a burst of answers that is gone in the next turns presses nobody", async () => {
    const conn = new FakeConn();
    open(conn);
    conn.isStuck = true;
    for (let i = 0; i < 100; i++) conn.sendPacket("message", "x".repeat(1_000));
    conn.isStuck = false;
    conn.flush();
    await clock.advance(10 * DEFAULT_LANE_LIMITS.settleMs);
    expect(events).toEqual([]);
  });

  test("relief comes also to a connection that has nothing more to write", async () => {
    const conn = new FakeConn();
    open(conn);
    conn.isStuck = true;
    for (let i = 0; i < 100; i++) conn.sendPacket("message", "x".repeat(1_000));
    await clock.advance(DEFAULT_LANE_LIMITS.settleMs);
    expect(events).toEqual(["pressure"]);
    conn.isStuck = false;
    conn.flush();
    await clock.advance(DEFAULT_LANE_LIMITS.settleMs);
    expect(events).toEqual(["pressure", "relief"]);
  });

  test("a burst to a healthy connection is no sign of slowness", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    for (let i = 0; i < 100; i++) {
      lanes.append(lane, large(100_000));
      lanes.flush();
    }
    expect(events).toEqual([]);
  });
});

describe("[W3] congested connections", () => {
  const congest = (conn: FakeConn, lane: Lane) => {
    conn.tcp.isBlocked = true;
    for (const bytes of [DEFAULT_LANE_LIMITS.congestedBytes, 10]) {
      lanes.append(lane, large(bytes));
      lanes.flush();
    }
    expect(lane.awaited).toBe(1);
  };

  test("small flushes become large pieces", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    congest(conn, lane);
    const before = conn.tcp.queuedWrites;
    for (let n = 0; n < 4_000; n++) {
      lanes.append(lane, small(n));
      lanes.flush();
    }
    const pieces = conn.tcp.queuedWrites - before;
    expect(pieces).toBeGreaterThan(1);
    expect(pieces).toBeLessThanOrEqual((4_000 * 19) / DEFAULT_LANE_LIMITS.pieceBytes);
    conn.tcp.isBlocked = false;
    conn.tcp.drain();
    expect(order(conn)).toEqual(Array.from({ length: 4_000 }, (_, n) => String(n)));
  });

  test("what waits goes out when the network moves, without a further message", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    congest(conn, lane);
    lanes.append(lane, small(1));
    lanes.flush();
    expect(lane.pending).toBeDefined();
    conn.tcp.isBlocked = false;
    conn.tcp.drain();
    expect(order(conn)).toEqual(["1"]);
  });

  test("of a volatile key the newest is kept", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    congest(conn, lane);
    for (const [n, key] of [
      [1, "a"],
      [2, "b"],
      [3, "a"],
    ] as const)
      lanes.appendVolatile(lane, small(n), key);
    lanes.append(lane, small(4));
    lanes.flush();
    conn.tcp.isBlocked = false;
    conn.tcp.drain();
    expect(order(conn)).toEqual(["4", "2", "3"]);
    expect(events).toEqual(["dropped volatile 1"]);
    expect(lane.volatileBytes).toBe(0);
  });

  test("volatile frames never fill more than the soft limit", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    congest(conn, lane);
    for (let n = 0; n < 1_000; n++) lanes.appendVolatile(lane, large(1_000), `key ${n}`);
    expect(lane.queuedBytes).toBeLessThanOrEqual(DEFAULT_LANE_LIMITS.softBytes);
    expect(events.every((event) => event === "dropped volatile 1")).toBe(true);
  });

  test("on a healthy connection volatile is like any other", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    for (const n of [1, 2, 3]) lanes.appendVolatile(lane, small(n), "a");
    lanes.flush();
    expect(order(conn)).toEqual(["1", "2", "3"]);
  });
});
