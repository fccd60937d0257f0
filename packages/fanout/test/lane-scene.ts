/** Connections as lanes see them: engine.io's socket over a TCP socket whose peer reads only when told. */

import { EventEmitter } from "node:events";
import { ManualClock } from "@rollcall/runtime";
import { type Frame, frameOf } from "../src/frame.ts";
import type { Lane } from "../src/lane.ts";
import { DEFAULT_LANE_LIMITS } from "../src/lane-limits.ts";
import { Lanes } from "../src/lanes.ts";

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
