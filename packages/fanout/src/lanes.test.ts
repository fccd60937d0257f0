import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeConn, laneScene, large, order, small, text } from "../test/lane-scene.ts";
import { DEFAULT_LANE_LIMITS } from "./lane-limits.ts";

let { clock, events, lanes, open } = laneScene();
beforeEach(() => {
  ({ clock, events, lanes, open } = laneScene());
});

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
