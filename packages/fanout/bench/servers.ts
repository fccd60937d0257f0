/**
 * The three servers that are compared, one a process: `node servers.ts <stock|ours|ws> <redisUrl>`. Each reads its own
 * log `{bench-<kind>:c0}:log:0` and delivers it to everyone in one room. Talks to its parent by messages:
 * `{ ready: port }` when it listens, `{ cpuUs, rssBytes, sockets, blockMs }` for every message it gets; `blockMs` is the
 * event loop's longest block since the last one.
 */

import { createServer } from "node:http";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import { createLogger, createMetrics, startLoopDelay, systemClock, systemRandom } from "@rollcall/runtime";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { type WebSocket, WebSocketServer } from "ws";
import { createDelivery, createFanoutSource, decodeEntry, keysOf, trimConnection } from "../src/index.ts";

const ROOM = "r:main/bench";
const [kind = "", redisUrl = ""] = process.argv.slice(2);
const key = keysOf(`bench-${kind}`, "c0").log(0);
const http = createServer();
const PINGS = { pingInterval: 25_000, pingTimeout: 20_000 };
const OPTIONS = { ...PINGS, transports: ["websocket" as const], serveClient: false, httpCompression: false };
let sockets = () => 0;

async function stock(): Promise<void> {
  const redis = new Redis(redisUrl);
  const io = new Server(http, { ...OPTIONS, adapter: createAdapter(redis, { streamName: key, readCount: 500 }) });
  io.on("connection", (socket) => {
    void socket.join(ROOM);
  });
  sockets = () => io.engine.clientsCount;
}

async function ours(): Promise<void> {
  const clock = systemClock;
  const logger = createLogger({ service: "bench", instance: kind, level: "warn" });
  const metrics = createMetrics();
  const pings = { intervalMs: PINGS.pingInterval, timeoutMs: PINGS.pingTimeout };
  const delivery = createDelivery({ clock, logger, metrics, pings });
  const io = new Server(http, OPTIONS);
  io.on("connection", (socket) => {
    const member = delivery.attach(socket);
    delivery.join(member, ROOM);
    socket.on("disconnect", () => delivery.detach(member));
    trimConnection(socket);
  });
  const source = createFanoutSource({
    redisUrl,
    install: `bench-${kind}`,
    clock,
    random: systemRandom,
    logger,
    metrics,
  });
  await source.follow({ cell: "c0", partition: 0 }, "now", {
    wants: (namespace, targets) => delivery.has(namespace, targets),
    entry: ({ targets, except = [], packetJson, namespace, event }) =>
      void delivery.deliver(targets, except, packetJson, { namespace, event }),
    flush: () => delivery.flush(),
    peek: () => delivery.peek(),
    busy: () => delivery.busy(),
    gap() {},
    rewind() {},
    health() {},
  });
  sockets = () => io.engine.clientsCount;
}

/** The floor: framed once, one write per socket and read, nothing else; enough of Socket.IO to please the clients. */
async function ws(): Promise<void> {
  const all = new Set<WebSocket & { _socket: TcpSocket }>();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.send('0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":65536}');
    socket.on("message", (data) => String(data).startsWith("40") && socket.send('40{"sid":"x"}'));
    all.add(socket as WebSocket & { _socket: TcpSocket });
    socket.on("close", () => all.delete(socket as WebSocket & { _socket: TcpSocket }));
  });
  sockets = () => all.size;
  const redis = new Redis(redisUrl);
  const frame = (text: string): Buffer => {
    const bytes = Buffer.byteLength(text);
    const head = bytes < 126 ? Buffer.of(0x81, bytes) : Buffer.of(0x81, 126, bytes >> 8, bytes & 255);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const read = async (): Promise<void> => {
    for (let position = "$"; ; ) {
      const reply = (await redis.xread("COUNT", 500, "BLOCK", 1_000, "STREAMS", key, position)) ?? [];
      const frames: Buffer[] = [];
      for (const [id, fields] of (reply[0]?.[1] ?? []) as [string, string[]][]) {
        position = id;
        const entry = decodeEntry(fields);
        if (entry !== undefined) frames.push(frame(`42${entry.packetJson}`));
      }
      const joined = frames.length === 1 ? frames[0]! : Buffer.concat(frames);
      if (frames.length > 0) for (const { _socket } of all) _socket.write(joined);
    }
  };
  void read();
}

const kinds: Record<string, () => Promise<void>> = { stock, ours, ws };
await kinds[kind]?.();
http.listen(0, "127.0.0.1", () => process.send?.({ ready: (http.address() as AddressInfo).port }));
const loop = startLoopDelay({ clock: systemClock });
let blockMs = 0;
systemClock.setRepeating(200, () => {
  blockMs = Math.max(blockMs, loop.recentMs());
});
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system, rssBytes: process.memoryUsage.rss(), sockets: sockets(), blockMs });
  blockMs = 0;
});
process.on("disconnect", () => process.exit());
