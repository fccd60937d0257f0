/** What comes before a session: HTTP requests that never become one, and CONNECT packets that should not. Tables as well. */

import type { Random } from "@rollcall/runtime";
import { anyJson, type Maker, NASTY_TEXTS, pick, textCase } from "./grammar.ts";

const PATH = "/socket.io/?EIO=4&transport=websocket";
const UPGRADE = [
  "Host: edge",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

const request = (line: string, headers: readonly string[], body = "") =>
  Buffer.from([line, ...headers, "", body].join("\r\n"), "latin1");

const http = (kind: string, make: (random: Random) => Buffer): Maker => ({
  layer: "http",
  kind,
  make: (random) => ({ bytes: make(random) }),
});
const upgradeWith = (kind: string, header: (random: Random) => string): Maker =>
  http(kind, (random) => request(`GET ${PATH} HTTP/1.1`, [...UPGRADE, header(random)]));
const query = (random: Random, name: string) =>
  `${name}=${encodeURIComponent(pick(random, NASTY_TEXTS).toWellFormed())}`;

export const REQUESTS: readonly Maker[] = [
  http("garbage", (random) => Buffer.from(random.bytes(1 + random.int(300)))),
  http("path", (random) =>
    Buffer.concat([Buffer.from("GET /socket.io/"), Buffer.from(random.bytes(100)), Buffer.from("\r\n\r\n")]),
  ),
  http("method", (random) => {
    const method = pick(random, ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "CONNECT", "TRACE", "get", "QUERY", "X"]);
    return request(`${method} ${PATH} HTTP/1.1`, UPGRADE);
  }),
  http("version", (random) =>
    request(`GET ${PATH} HTTP/${pick(random, ["0.9", "1.0", "2.0", "9", "1.1.1"])}`, UPGRADE),
  ),
  http("query", (random) => {
    const parts = ["EIO", "transport", "sid", "t", "b64", "j", "__proto__"].filter(() => random.int(2) === 0);
    return request(`GET /socket.io/?${parts.map((name) => query(random, name)).join("&")} HTTP/1.1`, UPGRADE);
  }),
  http("many headers", (random) =>
    request(`GET ${PATH} HTTP/1.1`, [...UPGRADE, ...Array.from({ length: random.int(300) }, (_, i) => `X-${i}: y`)]),
  ),
  http("body", (random) =>
    request(
      "POST /socket.io/?EIO=4&transport=polling HTTP/1.1",
      ["Host: e", "Content-Length: 1000000"],
      "x".repeat(random.int(5_000)),
    ),
  ),
  http("chunks", (random) =>
    request(
      `GET ${PATH} HTTP/1.1`,
      ["Host: e", "Transfer-Encoding: chunked"],
      pick(random, ["0", "-1", "ffffffff", "5\r\nab"]),
    ),
  ),
  http("two lengths", () =>
    request(`GET ${PATH} HTTP/1.1`, [...UPGRADE, "Content-Length: 5", "Content-Length: 6"], "abcde"),
  ),
  http("pipelined", () => {
    const one = request(`GET ${PATH} HTTP/1.1`, ["Host: e"]);
    return Buffer.concat([one, one, one, request(`GET ${PATH} HTTP/1.1`, UPGRADE)]);
  }),
  http("cut", (random) => {
    const whole = request(`GET ${PATH} HTTP/1.1`, UPGRADE);
    return whole.subarray(0, 1 + random.int(whole.length));
  }),
  upgradeWith(
    "origin",
    (random) =>
      `Origin: ${pick(random, ["null", "http://localhost.evil.test", "http://\xff", "HTTP://LOCALHOST:1", ""])}`,
  ),
  upgradeWith(
    "forwarded",
    (random) => `X-Forwarded-For: ${pick(random, [",,,", "x".repeat(1_000), "::1", "1.2.3.4, "])}`,
  ),
  upgradeWith(
    "protocols",
    (random) => `Sec-WebSocket-Protocol: ${pick(random, ["x ,x ,x", " ", "\x7f", "a,".repeat(500)])}`,
  ),
  upgradeWith(
    "extensions",
    (random) =>
      `Sec-WebSocket-Extensions: ${pick(random, ["permessage-deflate; server_max_window_bits=99", ";;;", 'x; y="', "a;b=c,".repeat(300)])}`,
  ),
  upgradeWith("key", (random) => `Sec-WebSocket-Key: ${pick(random, ["", "x", "x".repeat(200)])}`),
  upgradeWith("cookie", (random) => `Cookie: ${pick(random, ["__proto__=1", "io=x; io=y", "=".repeat(500)])}`),
];

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
const unsigned = (header: object, random: Random) =>
  `${encoded(header)}.${encoded({ sub: "eve", exp: 2e9, iat: 1, cap: { "*": ["join"] } })}.${Buffer.from(random.bytes(32)).toString("base64url")}`;

const connecting = (kind: string, auth: (random: Random) => string, token = '"x"'): Maker => ({
  layer: "connect",
  kind,
  make: (random) => textCase(`40{"token":${token},${auth(random)}}`),
});

export const CONNECTS: readonly Maker[] = [
  connecting("token any", (random) => `"token":${anyJson(random)}`),
  connecting("token unsigned", (random) => {
    const header = pick(random, [
      { alg: "none" },
      { alg: "None" },
      { alg: "HS256" },
      { alg: "EdDSA", kid: "nobody's" },
      { alg: "EdDSA", jku: "http://127.0.0.1:1/" },
      { alg: "EdDSA", crit: ["exp"] },
      { alg: ["EdDSA"] },
      { alg: "dir", enc: "A128GCM" },
    ]);
    return `"token":"${unsigned(header, random)}"`;
  }),
  connecting(
    "token parts",
    (random) => `"token":"${pick(random, ["..", "a.b.c.d.e", "....", "e30.e30.", "x".repeat(17_000)])}"`,
  ),
  connecting("session", (random) => `"session":${anyJson(random)}`),
  connecting("client", (random) => `"client":${anyJson(random)}`),
  connecting("presence", (random) => `"presence":${anyJson(random)}`),
  connecting("protocol", (random) => `"protocol":${pick(random, ["0", "2", "-1", "1e9", '"1"', "null"])}`),
  connecting("extra", (random) => `${JSON.stringify(pick(random, NASTY_TEXTS))}:${anyJson(random)}`),
  {
    layer: "connect",
    kind: "namespace",
    make: (random) => textCase(`40/${encodeURIComponent(pick(random, NASTY_TEXTS).toWellFormed())},{"token":"x"}`),
  },
  { layer: "connect", kind: "no object", make: (random) => textCase(`40${anyJson(random)}`) },
];
