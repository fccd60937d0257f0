/** A connection with nothing queued is written to past its stream: `lanes.test.ts` has what goes through it. */

import { beforeAll, expect, test, vi } from "vitest";
import { laneScene, plainConn, small } from "../test/lane-scene.ts";

const { lanes, open } = laneScene();
const bytesOf = (buffers: readonly Buffer[]) => Buffer.concat(buffers).toString("latin1");
const orderOf = (buffers: readonly Buffer[]) => bytesOf(buffers).match(/(?<="a:b",)\d+|engine:\w+/g) ?? [];

/** The class of Node's requests is seen at the first write of a process. */
beforeAll(() => void connected());

function connected() {
  const { conn, under } = plainConn();
  const lane = open(conn);
  lanes.append(lane, small(0));
  lanes.flush();
  return { conn, under, lane };
}

test("the first write goes through the stream and shows how; those after it do not", async () => {
  vi.resetModules();
  const { portsOf, writeNow } = await import("./internals.ts");
  const { conn, under } = plainConn();
  const ports = portsOf(conn as never)!;
  for (const n of [1, 2, 3]) expect(writeNow(ports, small(n).buffer)).toBeUndefined();
  expect(orderOf(conn.tcp.sent)).toEqual(["1"]);
  expect(orderOf(under.sent)).toEqual(["1", "2", "3"]);
  expect(Object.keys(under)).not.toContain("writeBuffer");
});

test("requests of another class are left to the stream, which is looked into once", async () => {
  vi.resetModules();
  const { portsOf, writeNow } = await import("./internals.ts");
  class OtherRequest {}
  const { conn, under } = plainConn();
  conn.tcp.write = (bytes) => {
    conn.tcp.sent.push(bytes);
    under.writeBuffer(new OtherRequest(), bytes);
  };
  const ports = portsOf(conn as never)!;
  writeNow(ports, small(1).buffer);
  const looked = vi.spyOn(under, "writeBuffer");
  writeNow(ports, small(2).buffer);
  expect(orderOf(conn.tcp.sent)).toEqual(["1", "2"]);
  expect(looked).toHaveBeenCalledOnce();
  expect(under.writeBuffer).toBe(looked);
});

test("[W1] what the network did not take comes before all that is written later, by us or engine.io", () => {
  const { conn, under, lane } = connected();
  under.room = 5;
  for (const n of [1, 2]) {
    lanes.append(lane, small(n));
    lanes.flush();
  }
  conn.sendPacket("message", "ack");
  lanes.append(lane, small(3));
  lanes.flush();
  expect(orderOf(under.sent)).toEqual(["0"]);
  under.drain();
  expect(orderOf(under.sent)).toEqual(["0", "1", "2", "engine:ack", "3"]);
});

test("[W2] it counts as held, until it has gone", () => {
  const { under, lane } = connected();
  under.room = 5;
  lanes.append(lane, small(1));
  const bytes = lane.pending!.bytes;
  lanes.flush();
  expect(lane.queuedBytes).toBe(bytes);
  expect(lanes.bufferedBytes()).toBe(bytes);
  under.drain();
  expect(lane.queuedBytes).toBe(0);
  expect(lanes.bufferedBytes()).toBe(0);
});

test("a volatile frame that is older than another of its key does not wait behind it", () => {
  const { under, lane } = connected();
  under.room = 5;
  lanes.append(lane, small(1));
  lanes.flush();
  for (const n of [2, 3, 4]) lanes.appendVolatile(lane, small(n), "key");
  lanes.flush();
  under.drain();
  expect(orderOf(under.sent)).toEqual(["0", "1", "4"]);
});

test("[P16] a rest that goes with its connection ends what was held for it", () => {
  const { under, lane } = connected();
  under.room = 5;
  lanes.append(lane, small(1));
  lanes.flush();
  lanes.close(lane);
  expect(lanes.bufferedBytes()).toBe(0);
  under.drain();
  expect(lane.queuedBytes).toBe(0);
});

test("a write that fails is given to the stream, which ends the connection", () => {
  const { conn, under, lane } = connected();
  under.error = -32;
  lanes.append(lane, small(1));
  lanes.flush();
  expect(orderOf(conn.tcp.sent)).toEqual(["1"]);
});

test("behind what waits in the stream it goes through the stream", () => {
  const { conn, lane } = connected();
  conn.tcp.isBlocked = true;
  conn.sendPacket("message", "ack");
  lanes.append(lane, small(1));
  lanes.flush();
  conn.tcp.isBlocked = false;
  conn.tcp.drain();
  expect(orderOf(conn.tcp.sent)).toEqual(["engine:ack", "1"]);
});

test("TLS is written through its stream", () => {
  const { conn } = plainConn({ under: "TLSWrap" });
  const lane = open(conn);
  for (const n of [1, 2]) {
    lanes.append(lane, small(n));
    lanes.flush();
  }
  expect(orderOf(conn.tcp.sent)).toEqual(["1", "2"]);
});
