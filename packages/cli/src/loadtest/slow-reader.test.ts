import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock, systemRandom } from "@rollcall/runtime";
import { Server, type Socket } from "socket.io";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSlowReader, type SlowReader } from "./slow-reader.ts";

/** More than kernels hold for a connection. */
const FLOOD = 6;
const FLOOD_BYTES = 1024 * 1024;

let server: Server;
let sockets: Socket[];
let reader: SlowReader;
beforeEach(async () => {
  const http = createServer();
  server = new Server(http, { transports: ["websocket"], maxHttpBufferSize: 1e6 });
  sockets = [];
  server.on("connection", (socket) => {
    const version = sockets.push(socket);
    socket.on("room:join", (_: unknown, ack: (answer: unknown) => void) =>
      ack({ ok: true, data: { state: { version } } }),
    );
    socket.emit("session:ready", {}, {});
  });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  reader = await openSlowReader({ url, token: "t", rooms: ["a:1"] }, { clock: systemClock, random: systemRandom });
});
afterEach(async () => {
  reader.close();
  await server.close();
});

test("takes nothing until it is told to, and then says that it was told to look again", async () => {
  const [socket] = sockets;
  const flood = "x".repeat(FLOOD_BYTES);
  for (let i = 0; i < FLOOD; i++) socket?.emit("poured", flood);
  socket?.emit("room:resync", {}, {});
  expect(await reader.readOn()).toEqual({ told: "resync", versions: { "a:1": 1 } });
});

test("says that its connection was closed, and joins again with the next", async () => {
  sockets[0]?.conn.close();
  expect(await reader.readOn()).toEqual({ told: "closed", versions: { "a:1": 2 } });
});
