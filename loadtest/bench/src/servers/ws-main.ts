/**
 * The floor: `node ws-main.ts <port> <redisUrl> <streamName>`. Bare `ws`, every message framed once, one write per socket
 * and read of the log, no rooms, no presence; enough of Socket.IO to please the clients.
 */

import { createServer } from "node:http";
import type { Socket as TcpSocket } from "node:net";
import { decodeEntry } from "@rollcall/fanout";
import { Redis } from "ioredis";
import { type WebSocket, WebSocketServer } from "ws";

const PING_MS = 25_000;
const [port, redisUrl = "", streamName = ""] = process.argv.slice(2);
const http = createServer();
const all = new Set<TcpSocket>();

const server = new WebSocketServer({ server: http, perMessageDeflate: false });
server.on("connection", (ws) => {
  const { _socket: tcp } = ws as WebSocket & { _socket: TcpSocket };
  ws.send(`0{"sid":"x","upgrades":[],"pingInterval":${PING_MS},"pingTimeout":20000,"maxPayload":65536}`);
  ws.on("message", (data) => {
    const text = String(data);
    if (text.startsWith("40")) ws.send('40{"sid":"x"}');
    const request = /^42(\d+)\[/.exec(text);
    if (request !== null) ws.send(`43${request[1]}[{"ok":true}]`);
  });
  all.add(tcp);
  ws.on("close", () => all.delete(tcp));
});

function frame(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const head = bytes < 126 ? Buffer.of(0x81, bytes) : Buffer.of(0x81, 126, bytes >> 8, bytes & 255);
  return Buffer.concat([head, Buffer.from(text)]);
}

const PING = frame("2");
setInterval(() => {
  for (const tcp of all) tcp.write(PING);
}, PING_MS);

async function read(): Promise<void> {
  const redis = new Redis(redisUrl);
  for (let position = "$"; ; ) {
    const reply = (await redis.xread("COUNT", 500, "BLOCK", 1_000, "STREAMS", streamName, position)) ?? [];
    const frames: Buffer[] = [];
    for (const [id, fields] of (reply[0]?.[1] ?? []) as [string, string[]][]) {
      position = id;
      const entry = decodeEntry(fields);
      if (entry !== undefined) frames.push(frame(`42${entry.packetJson}`));
    }
    const joined = frames.length === 1 ? frames[0]! : Buffer.concat(frames);
    if (frames.length > 0) for (const tcp of all) tcp.write(joined);
  }
}

http.listen(Number(port), "127.0.0.1");
await read();
