/** A stock Socket.IO server that says what a client sends it, and breaks off when asked: what the small client is tested with. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";

export interface StockServer {
  url: string;
  close(): Promise<void>;
}

export async function startStockServer(): Promise<StockServer> {
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"], pingInterval: 300, pingTimeout: 300 });
  const serve = (socket: Socket) => {
    socket.emit("hello:said", { auth: socket.handshake.auth, namespace: socket.nsp.name }, { id: socket.id });
    socket.on("echo:asked", (...args: unknown[]) => {
      const answer = args.pop() as (...values: unknown[]) => void;
      answer(...args);
    });
    socket.on("many:wanted", (count: number) => {
      for (let i = 0; i < count; i++) socket.emit("many:given", i, { text: '1,"2' }, null);
    });
    socket.on("silence:wanted", () => {}); // asked for an ack, gives none
    socket.on("end:wanted", () => socket.conn.close());
    socket.on("farewell:wanted", () => socket.disconnect());
  };
  io.on("connection", serve);
  io.of("/support").use((socket, next) => {
    if (socket.handshake.auth.token === "good") return next();
    next(Object.assign(new Error("FORBIDDEN"), { data: { code: "FORBIDDEN" } }));
  });
  io.of("/support").on("connection", serve);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: () => io.close(),
  };
}
