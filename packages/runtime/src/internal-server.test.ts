import { equal, match, rejects } from "node:assert/strict";
import { connect } from "node:net";
import { METRICS } from "@rollcall/telemetry";
import { afterEach, describe, test } from "vitest";
import { type InternalServer, type InternalServerOptions, startInternalServer } from "./internal-server.ts";
import { ManualClock } from "./manual-clock.ts";
import { createMetrics } from "./metrics.ts";
import { seededRandom } from "./random.ts";

const open: InternalServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(checks: Partial<InternalServerOptions["checks"]> = {}) {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const server = await startInternalServer({ port: 0, checks: { ready: () => [], ...checks }, metrics, clock });
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
  equal((await fetch(`${server.url}/livez`, { method: "PUT" })).headers.get("allow"), "GET, HEAD");
});

test("not ready is 503 and says why, while the process is alive", async () => {
  const { server, status } = await start({ ready: () => ["redis", "nats"] });
  equal(await status("/readyz"), 503);
  equal(await status("/startupz"), 503);
  equal(await status("/livez"), 200);
  const says = async (path: string) => (await fetch(`${server.url}${path}`)).text();
  equal(await says("/readyz"), "not ok: redis, nats\n");
  equal(await says("/startupz"), "not ok: redis, nats\n");
  equal(await says("/livez"), "ok\n");
  server.setDraining();
  equal(await says("/readyz"), "not ok: stopping\n");
});

test("draining makes it not ready at once, started it stays", async () => {
  const { server, status } = await start();
  server.setDraining();
  equal(await status("/readyz"), 503);
  equal(await status("/startupz"), 200);
});

test("a port that is taken is an error of the start", async () => {
  const { server, clock, metrics } = await start();
  await rejects(startInternalServer({ port: server.port, checks: { ready: () => [] }, metrics, clock }), /EADDRINUSE/);
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

describe("nothing that arrives ends the process or goes unanswered", () => {
  /** What the server says to these bytes before it, or we, close. */
  const say = (url: string, bytes: string | Buffer) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" });
      let answer = "";
      socket.setEncoding("latin1").on("data", (chunk: string) => (answer += chunk));
      socket.on("error", () => resolve(answer)).on("close", () => resolve(answer));
      socket.on("connect", () => socket.end(bytes));
      socket.setTimeout(15_000, () => reject(new Error("no answer")));
    });
  const get = (target: string, headers = "") =>
    `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`;

  test.each<[string, string | Buffer, RegExp]>([
    ["no HTTP at all", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0xff, 0x00]), /^HTTP\/1.1 400/],
    ["nothing", "", /^$/],
    ["a %-sequence that is none", get("/%"), / 404 /],
    ["overlong UTF-8 in %-sequences", get("/%c0%af%ff%fe"), / 404 /],
    ["a query of broken %-sequences", get("/metrics?name[]=%E0%A4%A&%"), / 200 /],
    ["raw bytes in the target", Buffer.from(get("/\xff\xfe"), "latin1"), / 40[04] /],
    ["a NUL in the target", get("/\0"), / 400 /],
    ["an absolute target without a host", get("http://"), / 404 /],
    ["an authority that is no URL", get("//["), / 404 /],
    ["an Accept-Encoding that nobody knows", get("/metrics", "Accept-Encoding: gzip;q=x, \xff\r\n"), / 200 /],
    ["an Accept that is no media type", get("/metrics", "Accept: application/openmetrics-text;;;q=%\r\n"), / 200 /],
    ["an Expect that nobody meets", get("/livez", "Expect: the impossible\r\n"), / 417 /],
    ["an Upgrade", get("/livez", "Upgrade: websocket\r\nConnection: upgrade\r\n"), / (200|400) /],
    ["both lengths", get("/livez", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), / 400 /],
    ["a length below nothing", get("/livez", "Content-Length: -1\r\n"), / 400 /],
    ["a chunk that is none", `${get("/livez", "Transfer-Encoding: chunked\r\n")}zz\r\n`, / (200|400) /],
    ["64 KiB of headers", get("/livez", `X: ${"x".repeat(65_536)}\r\n`), / 4(00|31) /],
    [
      "5,000 headers",
      get("/livez", Array.from({ length: 5_000 }, (_, i) => `X${i}: 1\r\n`).join("")),
      / (200|431|400) /,
    ],
    ["a header folded and cut", "GET /livez HTTP/1.1\r\nHost: x\r\n  folded", / 400 /],
    ["a method nobody knows", "BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n", / 400 /],
    ["CONNECT", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", /^$/],
    ["TRACE", "TRACE /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", / 405 /],
    [
      "garbage behind a good request",
      `GET /livez HTTP/1.1\r\nHost: x\r\n\r\n\x00\xff garbage \r\n\r\n`,
      / 200 [\s\S]* 400 /,
    ],
    ["HTTP/9.9", "GET /livez HTTP/9.9\r\n\r\n", / (400|505) /],
  ])("%s", async (_name, bytes, expected) => {
    const { server, status } = await start();
    match(await say(server.url, bytes), expected);
    equal(await status("/livez"), 200);
  });

  test("a hundred requests mangled at random", async () => {
    const { server, status } = await start();
    const random = seededRandom(7);
    const good = Buffer.from(get("/metrics?x=%20", "Accept: */*\r\nAccept-Encoding: gzip\r\nContent-Length: 2\r\n"));
    const mangled = () => {
      const bytes = Buffer.from(good);
      for (let i = random.int(8); i >= 0; i--) bytes[random.int(bytes.length)] = random.int(256);
      return bytes.subarray(0, 1 + random.int(bytes.length));
    };
    for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 10 }, () => say(server.url, mangled())));
    equal(await status("/livez"), 200);
  });

  test("a check or a metric that throws is an answer", async () => {
    const broken = () => {
      throw new Error("broken");
    };
    const { metrics, status } = await start({ live: broken });
    metrics.onScrape(broken);
    equal(await status("/livez"), 500);
    equal(await status("/metrics"), 500);
  });
});
