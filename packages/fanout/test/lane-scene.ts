/** Connections as lanes see them: engine.io's socket over a TCP socket whose peer reads only when told. */

import { EventEmitter } from "node:events";
import { ManualClock } from "@rollcall/runtime";
import { type Frame, frameOf } from "../src/frame.ts";
import type { Lane } from "../src/lane.ts";
import { DEFAULT_LANE_LIMITS } from "../src/lane-limits.ts";
import { Lanes } from "../src/lanes.ts";

class WriteWrap {
  buffer?: Buffer;
  oncomplete?: () => void;
}

/** What is under Node's TCP socket: the network takes `room` bytes more, the rest waits for `drain`. */
class TCP {
  readonly sent: Buffer[] = [];
  room = Number.POSITIVE_INFINITY;
  error = 0;
  #rests: WriteWrap[] = [];
  get writeQueueSize(): number {
    return this.#rests.reduce((sum, { buffer }) => sum + buffer!.length, 0);
  }
  writeBuffer(request: WriteWrap, bytes: Buffer): number {
    if (this.error !== 0) return this.error;
    const taken = this.#rests.length === 0 ? Math.min(this.room, bytes.length) : 0;
    this.room -= taken;
    this.sent.push(bytes.subarray(0, taken));
    if (taken === bytes.length) return 0;
    request.buffer = bytes.subarray(taken);
    this.#rests.push(request);
    return 0;
  }
  drain(): void {
    this.room = Number.POSITIVE_INFINITY;
    const rests = this.#rests.splice(0);
    for (const { buffer } of rests) this.sent.push(buffer!);
    for (const { oncomplete } of rests) oncomplete?.();
  }
}

class FakeTcp {
  readonly sent: Buffer[] = [];
  isBlocked = false;
  _handle: TCP | undefined;
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
    for (const { buffer } of taken) this._handle?.writeBuffer(new WriteWrap(), buffer);
    for (const { written } of taken) written?.();
  }
}

/** engine.io's socket, as far as its order of steps goes. */
export class FakeConn extends EventEmitter {
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

export const small = (n: number): Frame => frameOf("/", `["a:b",${n}]`);
export const large = (bytes: number): Frame => frameOf("/", `["a:b","${"x".repeat(bytes)}"]`);

export const text = (conn: FakeConn): string => Buffer.concat(conn.tcp.sent).toString("latin1");
/** A connection over a TCP socket as it is in Node, with the part under it. */
export function plainConn(shape: { under?: string } = {}): { conn: FakeConn; under: TCP } {
  const conn = new FakeConn();
  const under = shape.under === undefined ? new TCP() : new (class extends TCP {})();
  if (shape.under !== undefined) Object.defineProperty(under.constructor, "name", { value: shape.under });
  conn.tcp._handle = under;
  return { conn, under };
}

/** The numbers of `small` frames that were sent, with engine packets as they are. */
export const order = (conn: FakeConn): string[] => text(conn).match(/(?<="a:b",)\d+|engine:\w+/g) ?? [];

/** Lanes on a clock of their own, and what they told their owner. */
export function laneScene() {
  const clock = new ManualClock();
  const events: string[] = [];
  const lanes = new Lanes(clock, DEFAULT_LANE_LIMITS, {
    pressure: () => void events.push("pressure"),
    relief: () => void events.push("relief"),
    slow: () => void events.push("slow"),
    dropped: (reason, frames) => void events.push(`dropped ${reason} ${frames}`),
  });
  const open = (conn: FakeConn): Lane => lanes.open(conn as never);
  return { clock, events, lanes, open };
}
