import { equal, match, rejects } from "node:assert/strict";
import { connect } from "node:net";
import { METRICS } from "@rollcall/telemetry";
import { afterEach, describe, test } from "vitest";
import { type InternalServer, type InternalServerOptions, startInternalServer } from "./internal-server.ts";
import { ManualClock } from "./manual-clock.ts";
import { createMetrics } from "./metrics.ts";

const open: InternalServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(checks: Partial<InternalServerOptions["checks"]> = {}) {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const server = await startInternalServer({ port: 0, checks: { ready: () => true, ...checks }, metrics, clock });
  open.push(server);
  await clock.advance(0);
  const status = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${server.url}${path}`, init);
    await response.text();
    return response.status;
  };
  return { server, clock, metrics, status };
}

test("probes and metrics answer; nothing else is here", async () => {
  const { server, metrics, status } = await start();
  metrics.gauge(METRICS.edgeSockets).set(2);
  equal(await status("/livez"), 200);
  equal(await status("/readyz"), 200);
  equal(await status("/readyz?verbose"), 200);
  equal(await status("/startupz"), 200);
  match(await (await fetch(`${server.url}/metrics`)).text(), /rollcall_edge_sockets 2/);
  equal(await status("/"), 404);
  equal(await status("/socket.io/"), 404);
  equal(await status("/livez", { method: "POST", body: "x" }), 405);
});

test("not ready is 503, while the process is alive", async () => {
  const { status } = await start({ ready: () => false });
  equal(await status("/readyz"), 503);
  equal(await status("/startupz"), 503);
  equal(await status("/livez"), 200);
});

test("draining makes it not ready at once, started it stays", async () => {
  const { server, status } = await start();
  server.setDraining();
  equal(await status("/readyz"), 503);
  equal(await status("/startupz"), 200);
});

test("a port that is taken is an error of the start", async () => {
  const { server, clock, metrics } = await start();
  await rejects(
    startInternalServer({ port: server.port, checks: { ready: () => true }, metrics, clock }),
    /EADDRINUSE/,
  );
});

describe("[X1] malformed requests end nothing", () => {
  const request = (line: string) => `${line}\r\nHost: x\r\n\r\n`;
  const bad: [string, string][] = [
    ["garbage", "\x00\x01\x02\r\n\r\n"],
    ["a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01"],
    ["no version", "GET /livez\r\n\r\n"],
    ["an absolute target", request("GET http://[::bad/livez HTTP/1.1")],
    ["a target that is no URL", request("GET //%%zz HTTP/1.1")],
    ["a header too large", `GET / HTTP/1.1\r\nX: ${"a".repeat(100_000)}\r\n\r\n`],
    ["2,000 headers", `GET / HTTP/1.1\r\n${"A: b\r\n".repeat(2_000)}\r\n`],
    ["both lengths", "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a broken chunk", "POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
    ["an upgrade", "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"],
    ["CONNECT", request("CONNECT a:1 HTTP/1.1")],
  ];
  test.each(bad)("%s", async (_name, bytes) => {
    const { server, status } = await start();
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.end(bytes, "latin1");
    await new Promise<void>((resolve) => socket.resume().once("close", () => resolve()));
    equal(await status("/livez"), 200);
  });

  test("a reset in the middle of a request", async () => {
    const { server, status } = await start();
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => {});
    await new Promise<void>((resolve) => socket.write("GET /metrics HT", () => resolve()));
    socket.resetAndDestroy();
    equal(await status("/livez"), 200);
  });
});
