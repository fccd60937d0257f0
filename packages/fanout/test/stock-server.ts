/** A stock Socket.IO server whose sockets are members of a delivery, and stock clients of it. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createLogger, createMetrics, type Metrics, systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { Server, type ServerOptions } from "socket.io";
import { type Socket as ClientSocket, io } from "socket.io-client";
import { createDelivery, type Delivery, type DeliveryMember, type DeliveryOptions } from "../src/index.ts";

export const quiet = createLogger({ service: "test", instance: "test", level: "silent" });

export interface StockServer extends AsyncDisposable {
  readonly url: string;
  readonly io: Server;
  readonly delivery: Delivery;
  readonly metrics: Metrics;
  /** By the name the client connected with. */
  member(name: string): DeliveryMember;
  /** Resolves when the server has it too. */
  connect(name: string): Promise<ClientSocket>;
}

export interface StockServerOptions {
  delivery?: Omit<Partial<DeliveryOptions>, "metrics">;
  server?: Partial<ServerOptions>;
  onMember?(member: DeliveryMember, name: string): void;
}

export async function stockServer(options: StockServerOptions = {}): Promise<StockServer> {
  const http = createServer();
  const metrics = createMetrics();
  const server = new Server(http, { transports: ["websocket"], serveClient: false, ...options.server });
  const delivery = createDelivery({ clock: systemClock, logger: quiet, metrics, ...options.delivery });
  const members = new Map<string, DeliveryMember>();
  const clients: ClientSocket[] = [];
  server.on("connection", (socket) => {
    const name = String(socket.handshake.auth.name);
    const member = delivery.attach(socket);
    members.set(name, member);
    socket.on("disconnect", () => delivery.detach(member));
    options.onMember?.(member, name);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    url,
    io: server,
    delivery,
    metrics,
    member(name) {
      const member = members.get(name);
      if (member === undefined) throw new Error(`no member ${name}`);
      return member;
    },
    async connect(name) {
      const client = io(url, { transports: ["websocket"], forceNew: true, reconnection: false, auth: { name } });
      clients.push(client);
      await waitFor(() => client.connected && members.has(name), { what: `${name} to connect` });
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.disconnect();
      // A client that stopped reading would keep its connection open.
      for (const { lane } of members.values()) lane.ports?.tcp.destroy();
      await server.close();
    },
  };
}

/** The client's side of the TCP connection. */
export function tcpOf(client: ClientSocket): { pause(): void; resume(): void } {
  const engine = client.io.engine as unknown as { transport: { ws: { _socket: { pause(): void; resume(): void } } } };
  return engine.transport.ws._socket;
}
