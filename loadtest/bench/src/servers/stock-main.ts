/**
 * The usual alternative, written the way it is usually written: `node stock-main.ts <port> <redisUrl> <streamName>`.
 * Stock Socket.IO with the streams adapter; presence by hand: a key per connection with a TTL, refreshed on a timer, and
 * a set of users per room. The user is whatever the token says. A room called `bench:quiet...` is told of nobody's coming:
 * filling it with thousands, each telling all, would take minutes that are not measured.
 */

import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";

const REFRESH_MS = 10_000;
const TTL_S = 30;

const [port, redisUrl = "", streamName = ""] = process.argv.slice(2);
const redis = new Redis(redisUrl);
const http = createServer();
const io = new Server(http, {
  pingInterval: 25_000,
  pingTimeout: 20_000,
  transports: ["websocket"],
  serveClient: false,
  httpCompression: false,
  adapter: createAdapter(redis.duplicate(), { streamName, readCount: 500 }),
});

type Ack = (answer: object) => void;

io.on("connection", (socket) => {
  const user = String(socket.handshake.auth.token);
  const rooms = new Set<string>();
  const key = `presence:${user}:${socket.id}`;
  const refresh = () => void redis.set(key, JSON.stringify({ user, status: "active" }), "EX", TTL_S);
  refresh();
  const timer = setInterval(refresh, REFRESH_MS);

  socket.on("room:join", async ({ room }: { room: string }, ack: Ack) => {
    rooms.add(room);
    await socket.join(room);
    await redis.sadd(`room:${room}`, user);
    ack({ ok: true, data: { members: await redis.smembers(`room:${room}`) } });
    if (!room.startsWith("bench:quiet")) socket.to(room).emit("room:joined", { room, user });
  });
  socket.on("room:leave", async ({ room }: { room: string }, ack: Ack) => {
    rooms.delete(room);
    await socket.leave(room);
    await redis.srem(`room:${room}`, user);
    ack({ ok: true });
    socket.to(room).emit("room:left", { room, user });
  });
  for (const event of ["chat:said", "note:kept"]) {
    socket.on(event, ({ room, data }: { room: string; data: object }, ack: Ack) => {
      socket.to(room).emit(event, data, { from: user });
      ack({ ok: true });
    });
  }
  socket.on("disconnect", async () => {
    clearInterval(timer);
    await redis.del(key);
    for (const room of rooms) {
      await redis.srem(`room:${room}`, user);
      io.to(room).emit("room:left", { room, user });
    }
  });
});

http.listen(Number(port), "127.0.0.1");
