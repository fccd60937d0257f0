import { deepEqual, equal, ok } from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, test } from "vitest";
import { type FaultProxy, faultProxy } from "./fault-proxy.ts";
import { waitFor } from "./wait-for.ts";

let server: Server;
let proxy: FaultProxy;
let accepted: Socket[];
const clients: Socket[] = [];

/** An echo server behind the proxy. */
beforeEach(async () => {
  accepted = [];
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy = await faultProxy(`redis://user:pass@127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

function open() {
  const socket = connect(proxy.port, "127.0.0.1");
  clients.push(socket);
  const peer = { socket, received: "", closed: undefined as string | undefined };
  socket.on("data", (data) => {
    peer.received += data.toString();
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    peer.closed = error.code ?? "error";
  });
  socket.on("close", () => {
    peer.closed ??= "end";
  });
  return peer;
}
const echoed = (peer: ReturnType<typeof open>, text: string) => waitFor(() => peer.received === text, { what: text });

test("keeps scheme and credentials of the URL, and passes bytes both ways", async () => {
  equal(proxy.url, `redis://user:pass@127.0.0.1:${proxy.port}`);
  const peer = open();
  const big = "0123456789".repeat(100_000);
  peer.socket.write(big);
  await echoed(peer, big);
  equal(proxy.connections(), 1);
});

test("latency delays and keeps the order, also when it ends", async () => {
  const peer = open();
  proxy.latency(50);
  const start = performance.now();
  peer.socket.write("a");
  await echoed(peer, "a");
  ok(performance.now() - start >= 90, "two ways");
  peer.socket.write("b");
  await waitFor(() => accepted.length === 1);
  proxy.latency(0);
  peer.socket.write("c");
  await echoed(peer, "abc");
});

test("a cut resets what is open and refuses what is new, until healed", async () => {
  const peer = open();
  peer.socket.write("a");
  await echoed(peer, "a");
  proxy.cut();
  await waitFor(() => peer.closed !== undefined);
  await waitFor(() => accepted[0]?.destroyed);
  const refused = open();
  await waitFor(() => refused.closed !== undefined);
  proxy.heal();
  const again = open();
  again.socket.write("b");
  await echoed(again, "b");
});

test("half open: nothing passes, nothing closes, new ones too; after healing everything arrives", async () => {
  const before = open();
  before.socket.write("a");
  await echoed(before, "a");
  proxy.halfOpen();
  before.socket.write("b");
  const during = open();
  during.socket.write("x");
  await waitFor(() => proxy.connections() === 2);
  // Another connection past the proxy answers meanwhile: what went into it stayed there.
  const direct = connect((server.address() as AddressInfo).port, "127.0.0.1");
  clients.push(direct);
  await new Promise((resolve) => direct.once("data", resolve).write("hello"));
  deepEqual([before.received, before.closed, during.received, during.closed], ["a", undefined, "", undefined]);
  proxy.heal();
  await echoed(before, "ab");
  await echoed(during, "x");
});

test("a reset closes once, new connections work", async () => {
  const peer = open();
  peer.socket.write("a");
  await echoed(peer, "a");
  proxy.reset();
  await waitFor(() => peer.closed !== undefined);
  const again = open();
  again.socket.write("b");
  await echoed(again, "b");
});

test("an end on either side reaches the other", async () => {
  const peer = open();
  peer.socket.write("a");
  await echoed(peer, "a");
  peer.socket.end();
  await waitFor(() => accepted[0]?.destroyed);
  const other = open();
  other.socket.write("b");
  await echoed(other, "b");
  accepted[1]?.end();
  await waitFor(() => other.closed === "end");
  await waitFor(() => proxy.connections() === 0);
});

test("an upstream that is away closes the connection", async () => {
  const peer = open();
  peer.socket.write("a");
  await echoed(peer, "a");
  for (const socket of accepted) socket.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const refused = open();
  await waitFor(() => refused.closed !== undefined);
});
