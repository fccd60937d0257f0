/** The model edge behind a real Socket.IO server, for tests of what really goes over a socket. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { type Connection, ModelEdge } from "./model-edge.ts";

export interface SocketEdge {
  readonly url: string;
  readonly edge: ModelEdge;
  /** Closes every transport, as a dying edge does. */
  cut(): void;
  /** While true, upgrades are refused with 503. */
  refuseUpgrades: boolean;
  close(): Promise<void>;
}

export async function startSocketEdge(edge = new ModelEdge(() => Date.now())): Promise<SocketEdge> {
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"], serveClient: false });
  const self: SocketEdge = {
    url: "",
    edge,
    refuseUpgrades: false,
    cut() {
      for (const socket of io.sockets.sockets.values()) socket.conn.close();
    },
    close: () => io.close(),
  };
  io.engine.opts.allowRequest = (_request, done) =>
    done(self.refuseUpgrades ? "overloaded" : null, !self.refuseUpgrades);
  io.on("connection", (socket) => {
    const answer = edge.connect(socket.handshake.auth, {
      emit: (name, payload, meta) => void socket.emit(name, payload, meta),
      close: (how) => (how === "disconnect" ? void socket.disconnect() : socket.conn.close()),
    });
    const connection = answer as Connection;
    socket.onAny((name, payload, ...more) => {
      const ack = typeof more.at(-1) === "function" ? more.pop() : undefined;
      edge.handle(connection, name, payload, more[0] ?? null, ack);
    });
    socket.on("disconnect", (reason) => edge.gone(connection, reason === "client namespace disconnect"));
  });
  io.use((socket, next) => {
    const [refusal] = edge.refusals.get("connect")?.splice(0, 1) ?? [];
    if (!refusal) return next();
    const error = Object.assign(new Error(refusal.code), {
      data: { message: refusal.code, retryable: false, ...refusal },
    });
    socket.data.refused = true;
    next(error);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return Object.assign(self, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
}
