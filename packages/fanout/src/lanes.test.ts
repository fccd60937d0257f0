import { EventEmitter } from "node:events";
import { ManualClock } from "@rollcall/runtime";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Frame, frameOf } from "./frame.ts";
import type { Lane } from "./lane.ts";
import { DEFAULT_LANE_LIMITS } from "./lane-limits.ts";
import { Lanes } from "./lanes.ts";

/** A TCP socket whose peer reads only when told. */
class FakeTcp {
  readonly sent: Buffer[] = [];
  isBlocked = false;
  #queue: { buffer: Buffer; written: (() => void) | undefined }[] = [];
  get writableLength(): number {
    return this.#queue.reduce((sum, { buffer }) => sum + buffer.length, 0);
  }
  get queuedWrites(): number {
    return this.#queue.length;
  }
  write(buffer: Buffer, written?: () => void): void {
    this.#queue.push({ buffer, written });
    if (!this.isBlocked) this.drain();
  }
  drain(): void {
    const taken = this.#queue.splice(0);
    this.sent.push(...taken.map(({ buffer }) => buffer));
    for (const { written } of taken) written?.();
  }
}

/** engine.io's socket, as far as its order of steps goes. */
class FakeConn extends EventEmitter {
  readyState = "open";
  writeBuffer: { data?: string; options: { wsPreEncodedFrame?: Buffer[] }; written?: () => void }[] = [];
  readonly tcp = new FakeTcp();
  isStuck = false;
  readonly transport;
  constructor(shape: object = {}) {
    super();
    const socket = { readyState: 1, extensions: "", _socket: this.tcp };
    this.transport = { name: "websocket", socket, _canSendPreEncodedFrame: () => true, ...shape };
  }
  write(data: string | undefined, options: object = {}, written?: () => void): void {
    this.sendPacket("message", data, options, written);
  }
  sendPacket(type: string, data?: string, options: object = {}, written?: () => void): void {
    const packet = { type, data, options, written };
    this.emit("packetCreate", packet);
    this.writeBuffer.push(packet as never);
    this.flush();
  }
  flush(): void {
    if (this.isStuck) return;
    const packets = this.writeBuffer.splice(0);
    const wasBlocked = this.tcp.isBlocked;
    this.tcp.isBlocked = true; // callbacks come when the whole batch is in the TCP queue
    for (const { data, options, written } of packets) {
      this.tcp.write(options.wsPreEncodedFrame?.[0] ?? Buffer.from(`engine:${data}`), written);
    }
    this.tcp.isBlocked = wasBlocked;
    if (!wasBlocked) this.tcp.drain();
  }
}

const small = (n: number): Frame => frameOf("/", `["a:b",${n}]`);
const large = (bytes: number): Frame => frameOf("/", `["a:b","${"x".repeat(bytes)}"]`);

let clock: ManualClock;
let events: string[];
let lanes: Lanes;
beforeEach(() => {
  clock = new ManualClock();
  events = [];
  lanes = new Lanes(clock, DEFAULT_LANE_LIMITS, {
    pressure: () => void events.push("pressure"),
    relief: () => void events.push("relief"),
    slow: () => void events.push("slow"),
    dropped: (reason, frames) => void events.push(`dropped ${reason} ${frames}`),
  });
});
const open = (conn: FakeConn): Lane => lanes.open(conn as never);
const text = (conn: FakeConn): string => Buffer.concat(conn.tcp.sent).toString("latin1");
/** The numbers of `small` frames that were sent, with engine packets as they are. */
const order = (conn: FakeConn): string[] => text(conn).match(/(?<="a:b",)\d+|engine:\w+/g) ?? [];

describe("[W1] order", () => {
  test("frames of one flush are one write", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    for (const n of [1, 2, 3]) lanes.append(lane, small(n));
    expect(conn.tcp.sent).toHaveLength(0);
    lanes.flush();
    expect(conn.tcp.sent).toHaveLength(1);
    expect(order(conn)).toEqual(["1", "2", "3"]);
  });

  test("what was appended goes before a packet of engine.io, what comes later after it", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    lanes.append(lane, small(1));
    conn.sendPacket("message", "ack");
    lanes.append(lane, small(2));
    lanes.flush();
    expect(order(conn)).toEqual(["1", "engine:ack", "2"]);
  });

  test("frames wait behind packets that engine.io could not send yet", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    conn.isStuck = true;
    conn.sendPacket("message", "ack1");
    lanes.append(lane, small(1));
    lanes.flush();
    lanes.append(lane, small(2));
    conn.sendPacket("message", "ack2");
    lanes.append(lane, small(3));
    lanes.flush();
    expect(order(conn)).toEqual([]);
    conn.isStuck = false;
    conn.flush();
    expect(order(conn)).toEqual(["engine:ack1", "1", "2", "engine:ack2", "3"]);
  });

  test("nor do they overtake the packet before which they were written", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    lanes.append(lane, small(1));
    conn.isStuck = true;
    conn.sendPacket("message", "ack");
    lanes.append(lane, small(2));
    lanes.flush();
    conn.isStuck = false;
    conn.flush();
    expect(order(conn)).toEqual(["1", "engine:ack", "2"]);
  });

  test("a connection that is closing gets nothing more", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    lanes.append(lane, small(1));
    lanes.flush();
    conn.transport.socket.readyState = 2;
    lanes.append(lane, small(2));
    lanes.flush();
    expect(order(conn)).toEqual(["1"]);
    expect(lane.pending).toBeUndefined();
  });
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

describe("flushing", () => {
  test("in slices: the rest in the following turns, and what came meanwhile joins", async () => {
    const conns = Array.from({ length: 1_200 }, () => new FakeConn());
    const all = conns.map(open);
    for (const lane of all) lanes.append(lane, small(1));
    lanes.flush();
    expect(conns.filter((conn) => conn.tcp.sent.length > 0)).toHaveLength(DEFAULT_LANE_LIMITS.sliceLanes);
    expect(lanes.isFlushing).toBe(true);
    for (const lane of all) lanes.append(lane, small(2));
    lanes.flush();
    await clock.advance(0);
    expect(lanes.isFlushing).toBe(false);
    expect(lanes.dirty).toBe(0);
    for (const conn of conns) expect(order(conn)).toEqual(["1", "2"]);
    expect(conns.at(-1)!.tcp.sent).toHaveLength(1);
  });

  test("for a few milliseconds a turn, however few that is", async () => {
    const conns = Array.from({ length: 100 }, () => new FakeConn());
    const lane = (conn: FakeConn) => lanes.append(open(conn), small(1));
    let nowMs = 0;
    vi.spyOn(clock, "monotonic").mockImplementation(() => nowMs);
    for (const conn of conns) {
      lane(conn);
      const write = conn.tcp.write.bind(conn.tcp);
      conn.tcp.write = (...args) => {
        nowMs += 1;
        write(...args);
      };
    }
    lanes.flush();
    expect(conns.filter((conn) => conn.tcp.sent.length > 0)).toHaveLength(25);
    await clock.advance(0);
    expect(conns.filter((conn) => conn.tcp.sent.length > 0)).toHaveLength(100);
  });

  test("a send is written in the next turn without being asked", async () => {
    const conn = new FakeConn();
    lanes.append(open(conn), small(1));
    lanes.flushSoon();
    lanes.flushSoon();
    await clock.advance(0);
    expect(order(conn)).toEqual(["1"]);
    expect(clock.pending).toBe(0);
  });
});

describe("shapes", () => {
  test.each([
    ["another transport", { name: "polling" }],
    ["no TCP socket", { socket: { readyState: 1, extensions: "" } }],
    ["compression", { perMessageDeflate: {} }],
    ["no encoded frames", { _canSendPreEncodedFrame: undefined }],
  ])("%s: stock writes, in order and bounded", async (_name, shape) => {
    const conn = new FakeConn(shape);
    const lane = open(conn);
    expect(lane.ports).toBeUndefined();
    lanes.append(lane, small(1));
    conn.sendPacket("message", "ack");
    lanes.append(lane, small(2));
    lanes.flush();
    expect(text(conn)).toBe('engine:2["a:b",1]engine:ackengine:2["a:b",2]');
    conn.isStuck = true;
    for (let i = 0; i < 40; i++) {
      lanes.append(lane, large(10_000));
      lanes.flush();
      if (i === 10) await clock.advance(DEFAULT_LANE_LIMITS.settleMs);
    }
    expect(events).toEqual(["pressure", "dropped slow 1", "slow"]);
  });

  test("an engine that queues before it announces is not written past", () => {
    class Later extends FakeConn {
      override sendPacket(type: string, data?: string): void {
        this.writeBuffer.push({ data: data!, options: {} });
        this.emit("packetCreate", { type, data });
        this.flush();
      }
    }
    expect(open(new Later()).ports).toBeUndefined();
  });

  test("[P16] a closed lane leaves nothing on the connection", () => {
    const conn = new FakeConn();
    const lane = open(conn);
    lanes.append(lane, small(1));
    lanes.close(lane);
    lanes.close(lane);
    expect(conn.listenerCount("packetCreate")).toBe(0);
    lanes.append(lane, small(2));
    lanes.flush();
    expect(conn.tcp.sent).toHaveLength(0);
    expect(Object.getOwnPropertySymbols(conn).filter((symbol) => String(symbol).includes("rollcall"))).toEqual([]);
  });
});
