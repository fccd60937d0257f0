/**
 * As little of a WebSocket client as load needs: text frames over TCP, unfragmented, masked with zeros. Thousands of
 * them in one process cost it little, so that what is measured is the server.
 */

import { connect, type Socket } from "node:net";

export interface RawWebSocketHandlers {
  open?(): void;
  text(data: Buffer): void;
  /** Once, also when it never opened. */
  close(): void;
}

export class RawWebSocket {
  readonly #socket: Socket;
  readonly #handlers: RawWebSocketHandlers;
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;

  constructor(url: URL, handlers: RawWebSocketHandlers) {
    this.#handlers = handlers;
    this.#socket = connect(Number(url.port), url.hostname, () => this.#socket.write(upgrade(url)));
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", () => {}); // "close" follows
    this.#socket.once("close", () => handlers.close());
  }

  send(text: string): void {
    this.#socket.write(textFrame(text));
  }

  /** Without a word, as a lost network does. */
  drop(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#isOpen) {
      const end = rest.indexOf("\r\n\r\n");
      if (end >= 0 && !rest.toString("latin1", 0, 12).endsWith("101")) {
        this.drop();
        return;
      }
      if (end >= 0) {
        this.#isOpen = true;
        rest = rest.subarray(end + 4);
        this.#handlers.open?.();
      }
    }
    while (this.#isOpen && rest.length >= 2) {
      const short = rest[1]!;
      const start = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (rest.length < start) break;
      const length = short === 127 ? rest.readUInt32BE(6) : short === 126 ? rest.readUInt16BE(2) : short;
      if (rest.length < start + length) break;
      const opcode = rest[0]! & 0x0f;
      if (opcode === 1) this.#handlers.text(rest.subarray(start, start + length));
      if (opcode === 8) this.drop();
      if (opcode === 9) this.#socket.write(Buffer.of(0x8a, 0x80, 0, 0, 0, 0));
      rest = rest.subarray(start + length);
    }
    this.#rest = rest;
  }
}

const upgrade = ({ host, pathname, search }: URL): string =>
  [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "\r\n",
  ].join("\r\n");

function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  head[0] = 0x81;
  head[1] = 0x80 | Math.min(length, 126);
  if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, Buffer.from(text)]);
}
