/** A websocket by hand, for what no client library will send: any bytes, any frame. */

import { connect, type Socket } from "node:net";

export interface Frame {
  fin?: boolean;
  rsv?: number;
  opcode?: number;
  masked?: boolean;
  /** What the header claims, when it lies. */
  claimedLength?: number;
  payload: Buffer;
}

const MASK = Buffer.from([0x12, 0x34, 0x56, 0x78]);

export function encodeFrame(frame: Frame): Buffer {
  const { fin = true, rsv = 0, opcode = 1, masked = true, payload } = frame;
  const length = frame.claimedLength ?? payload.length;
  const head = [(fin ? 0x80 : 0) | ((rsv & 7) << 4) | (opcode & 15)];
  const maskBit = masked ? 0x80 : 0;
  if (length < 126) head.push(maskBit | length);
  else if (length < 65_536) head.push(maskBit | 126, length >> 8, length & 255);
  else
    head.push(
      maskBit | 127,
      0,
      0,
      0,
      0,
      (length >>> 24) & 255,
      (length >>> 16) & 255,
      (length >>> 8) & 255,
      length & 255,
    );
  if (!masked) return Buffer.concat([Buffer.from(head), payload]);
  const body = Buffer.from(payload.map((byte, i) => byte ^ MASK[i & 3]!));
  return Buffer.concat([Buffer.from(head), MASK, body]);
}

const CLOSE = encodeFrame({ opcode: 8, payload: Buffer.alloc(0) });
export const textFrame = (text: string): Buffer => encodeFrame({ payload: Buffer.from(text) });

/** Longest message a server may send here; more is no message. */
const MAX_BUFFERED = 4 * 1024 * 1024;

/** The text messages in what a server sends after its 101. */
export class FrameReader {
  #buffer = Buffer.alloc(0);
  #isUpgraded = false;
  /** The server has said that it closes. */
  isClosing = false;

  read(data: Buffer): string[] {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    if (this.#buffer.length > MAX_BUFFERED) throw new Error("a server's message does not end");
    if (!this.#isUpgraded) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end < 0) return [];
      this.#isUpgraded = true;
      this.#buffer = this.#buffer.subarray(end + 4);
    }
    const texts: string[] = [];
    for (;;) {
      const frame = this.#next();
      if (frame === undefined) return texts;
      if (frame.opcode === 1) texts.push(frame.payload.toString("utf8"));
      this.isClosing ||= frame.opcode === 8;
    }
  }

  /** A server's frames are neither masked nor, here, in parts. */
  #next(): { opcode: number; payload: Buffer } | undefined {
    const buffer = this.#buffer;
    if (buffer.length < 2) return undefined;
    const short = buffer[1]! & 127;
    const start = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (buffer.length < start) return undefined;
    const length = short === 126 ? buffer.readUInt16BE(2) : short === 127 ? Number(buffer.readBigUInt64BE(2)) : short;
    if (buffer.length < start + length) return undefined;
    this.#buffer = buffer.subarray(start + length);
    return { opcode: buffer[0]! & 15, payload: buffer.subarray(start, start + length) };
  }
}

export class RawSocket {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  isOpen = false;
  isClosed = false;
  /** The server's words so far, its frame headers included; the newest 64 KB. */
  heard = "";

  /** `onText` is told each message of the server. `mute`: its close is not answered. */
  constructor(port: number, { onText, mute = false }: { onText?: (text: string) => void; mute?: boolean } = {}) {
    const reader = new FrameReader();
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("data", (data) => {
      this.heard = (this.heard + data.toString("latin1")).slice(-65_536);
      if (this.heard.startsWith("HTTP/1.1 101")) this.isOpen = true;
      if (!this.isOpen) return;
      for (const text of reader.read(data)) onText?.(text);
      if (reader.isClosing && !mute) this.socket.end(CLOSE);
    });
    this.closed = new Promise((resolve) => {
      this.socket.on("close", () => {
        this.isClosed = true;
        resolve();
      });
    });
  }

  send(bytes: Buffer | string): void {
    if (!this.isClosed && this.socket.writable) this.socket.write(bytes);
  }

  upgrade(path = "/socket.io/?EIO=4&transport=websocket", headers: readonly string[] = []): void {
    this.send(
      [
        `GET ${path} HTTP/1.1`,
        "Host: edge",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ...headers,
        "",
        "",
      ].join("\r\n"),
    );
  }

  destroy(): void {
    this.socket.destroy();
  }
}
