/**
 * Many thin clients in one process: `node clients.ts <port> <count>`. Raw TCP with just enough WebSocket and Socket.IO
 * to connect, answer pings and count what comes. Sends its parent `{ connected }` and then, whenever asked,
 * `{ messages, wrong }`: a message whose number is not one above the last one's is wrong.
 */

import { connect } from "node:net";

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const GET = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n";
const UPGRADE = `${GET}Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
/** Masked with zeros. */
const masked = (text: string) => Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text)]);
const CONNECT = masked("40");
const PONG = masked("3");
const NUMBER = Buffer.from('"n":');

let connected = 0;
let messages = 0;
let wrong = 0;

function client(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(port, "127.0.0.1", () => socket.write(UPGRADE));
  let rest: Buffer = Buffer.alloc(0);
  let isOpen = false;
  let last = -1;
  const payload = (data: Buffer): void => {
    if (data[0] === 0x30) socket.write(CONNECT);
    else if (data[0] === 0x32) socket.write(PONG);
    else if (data[1] === 0x30) {
      connected++;
      resolve();
    } else if (data[1] === 0x32) {
      messages++;
      const at = data.indexOf(NUMBER) + NUMBER.length;
      const number = Number.parseInt(data.toString("latin1", at, at + 9), 10);
      if (last >= 0 && number !== last + 1) wrong++;
      last = number;
    }
  };
  socket.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!isOpen) {
      const end = rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      isOpen = true;
      rest = rest.subarray(end + 4);
    }
    while (rest.length >= 2) {
      const short = rest[1]!;
      const offset = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (rest.length < offset) return;
      const length = short === 127 ? rest.readUInt32BE(6) : short === 126 ? rest.readUInt16BE(2) : short;
      if (rest.length < offset + length) return;
      payload(rest.subarray(offset, offset + length));
      rest = rest.subarray(offset + length);
    }
  });
  return promise;
}

const AT_ONCE = 50;
for (let i = 0; i < count; i += AT_ONCE)
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - i) }, client));
process.send?.({ connected });
process.on("message", () => process.send?.({ messages, wrong }));
process.on("disconnect", () => process.exit());
