/** The two switches beside delivery: pings from one wheel, and connections without their HTTP request. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { FewMap } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import type { Socket } from "socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { describe, expect, test } from "vitest";
import { trimConnection } from "../src/index.ts";
import { type StockServer, stockServer } from "./stock-server.ts";

const PINGS = { intervalMs: 500, timeoutMs: 400 };
const pinging = () =>
  stockServer({
    delivery: { pings: PINGS },
    server: { pingInterval: PINGS.intervalMs, pingTimeout: PINGS.timeoutMs },
  });

interface EngineClient {
  _sendPacket(type: string, data?: string): void;
  on(event: string, listener: () => void): void;
}
const engineOf = (client: ClientSocket) => client.io.engine as unknown as EngineClient;

interface ClientWebSocket {
  send(text: string): void;
  _socket: { write(bytes: Buffer): void };
}
const wsOf = (client: ClientSocket) => (client.io.engine.transport as unknown as { ws: ClientWebSocket }).ws;

type Kept = Record<string, object> & { _events?: object };

/** The client sends no pongs any more, and does not look at the clock itself. */
function mute(client: ClientSocket): void {
  const engine = engineOf(client);
  const send = engine._sendPacket.bind(engine);
  engine._sendPacket = (type, data) => (type === "pong" ? undefined : send(type, data));
}

const reasonOf = (server: StockServer, name: string) =>
  new Promise<string>((resolve) => server.member(name).socket.once("disconnect", (reason) => resolve(reason)));

describe("[G1] the ping wheel, with stock clients", () => {
  test("who answers stays, whoever else is lost", async () => {
    await using server = await pinging();
    const good = await server.connect("good");
    const muted = await server.connect("muted");
    let pings = 0;
    engineOf(good).on("ping", () => pings++);
    mute(muted);
    expect(await reasonOf(server, "muted")).toBe("ping timeout");
    await waitFor(() => pings >= 4, { timeoutMs: 10_000 });
    expect(good.connected).toBe(true);
    expect(server.member("good").socket.connected).toBe(true);
  });

  test("[G2] who talks and never answers is lost", async () => {
    await using server = await pinging();
    const client = await server.connect("chatty");
    mute(client);
    let isLost = false;
    const reason = reasonOf(server, "chatty").finally(() => {
      isLost = true;
    });
    await waitFor(() => client.emit("noise", 1) && isLost, { timeoutMs: 10_000 });
    expect(await reason).toBe("ping timeout");
  });

  test("a pong is a heartbeat of engine.io as before", async () => {
    await using server = await pinging();
    await server.connect("a");
    let heartbeats = 0;
    server.member("a").socket.conn.on("heartbeat", () => heartbeats++);
    await waitFor(() => heartbeats >= 2);
  });
});

describe("trimming", () => {
  const collect = (() => {
    setFlagsFromString("--expose-gc");
    return runInNewContext("gc") as () => void;
  })();

  test("the request is let go, and nothing else changes: emits, acks, a second namespace, disconnects", async () => {
    await using server = await stockServer();
    server.io.of("/chat").on("connection", (socket) => socket.emit("hello", socket.handshake.auth.name));
    let isGone = false;
    const registry = new FinalizationRegistry(() => {
      isGone = true;
    });
    server.io.engine.on("connection", (conn: { request: object }) => registry.register(conn.request, 0));
    const client = await server.connect("a");
    const { socket } = server.member("a");
    trimConnection(socket);
    expect(socket.handshake).toMatchObject({ address: "", secure: false, headers: {}, query: {}, auth: {} });
    await waitFor(() => {
      collect();
      return isGone;
    });

    socket.on("ask", (n: number, ack: (n: number) => void) => ack(n + 1));
    expect(await client.emitWithAck("ask", 1)).toBe(2);
    const chat = client.io.socket("/chat", { auth: { name: "still here" } });
    const hello = await new Promise((resolve) => chat.once("hello", resolve));
    expect(hello).toBe("still here");
    chat.disconnect();
    client.disconnect();
    await waitFor(() => !socket.connected && server.io.engine.clientsCount === 0);
  });

  test("what is empty or too large goes: the shapes that the saving rests on", async () => {
    await using server = await stockServer();
    await server.connect("a");
    const { socket } = server.member("a");
    const conn = socket.conn as unknown as Kept & { transport: Kept & { socket: Kept } };
    const client = (socket as unknown as Kept).client as Kept;
    const emitters = [socket as unknown as Kept, conn, conn.transport, conn.transport.socket];
    for (const { _events } of emitters) expect(Object.getPrototypeOf(_events)).toBe(null);
    const before = emitters.map(({ _events }) => Object.keys(_events as object));
    for (const name of ["sockets", "nsps"]) expect(client[name]).toBeInstanceOf(Map);
    expect(socket).toMatchObject({ acks: new Map(), data: {}, flags: {}, fns: [] });
    expect(conn).toMatchObject({ cleanupFn: [expect.any(Function)] });

    trimConnection(socket);
    expect(emitters.map(({ _events }) => Object.keys(_events as object).length)).toEqual(
      before.map((events) => events.filter((event) => event !== "headers").length),
    );
    for (const { _events } of emitters) expect(_events!.constructor).toBe(undefined);
    for (const name of ["sockets", "nsps"]) expect(client[name]).toBeInstanceOf(FewMap);
    expect(() => socket.emit("asked", () => undefined)).toThrow("a trimmed socket awaits no answer");
  });

  const ends: [string, string, (client: ClientSocket, socket: Socket) => unknown][] = [
    ["client leaves", "client namespace disconnect", (client) => client.disconnect()],
    ["client is cut off", "transport close", (client) => client.io.engine.close()],
    ["server disconnects it", "server namespace disconnect", (_, socket) => socket.disconnect()],
    ["server closes the connection", "forced close", (_, socket) => socket.conn.close()],
    ["client sends what is no frame", "transport error", (client) => wsOf(client)._socket.write(Buffer.of(0xff, 0))],
    ["client sends what is no packet", "parse error", (client) => wsOf(client).send("x")],
  ];
  test.each(ends)("the %s: told once, and nothing stays", async (_, reason, end) => {
    await using server = await stockServer();
    const client = await server.connect("a");
    const { socket } = server.member("a");
    const reasons: string[] = [];
    let closes = 0;
    socket.on("disconnect", (why) => reasons.push(why));
    socket.conn.on("close", () => closes++);
    trimConnection(socket);
    end(client, socket);
    await waitFor(() => reasons.length > 0);
    socket.conn.close();
    await waitFor(() => closes > 0 && server.io.engine.clientsCount === 0);
    expect([reasons, closes]).toEqual([[reason], 1]);
  });

  test("without it the request stays: what the saving rests on", async () => {
    await using server = await stockServer();
    const requests: WeakRef<object>[] = [];
    server.io.engine.on("connection", (conn: { request: object }) => requests.push(new WeakRef(conn.request)));
    await server.connect("a");
    collect();
    expect(requests[0]!.deref()).toBeDefined();
  });
});
