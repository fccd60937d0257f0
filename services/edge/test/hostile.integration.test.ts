import { systemClock } from "@rollcall/runtime";
import { type Cluster, startCluster, type TestClient, waitFor } from "@rollcall/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { encodeFrame, RawSocket, textFrame } from "./fuzz/raw-socket.ts";
import { CONTRACT } from "./harness.ts";

let cluster: Cluster;
let witness: TestClient;
let token: string;
let port: number;
beforeAll(async () => {
  cluster = await startCluster({ edges: 1, notifiers: 0, contractsDir: CONTRACT, traces: false, scaled: false });
  port = Number(new URL(cluster.edges[0]!.url).port);
  token = await cluster.keys.token({ user: "eve" });
  witness = await cluster.client(0, { user: "witness" });
  await witness.call("room:join", { room: "chat:calm" });
});
afterAll(() => cluster.stop());

/** [X1] after each case: the process runs, logged no error of its own, and others are served. */
afterEach(async () => {
  const edge = cluster.edges[0]!;
  expect(edge.running()).toBe(true);
  expect(edge.logs().filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
  expect(await witness.emitAck("chat:said", { room: "chat:calm", data: { text: "well" } })).toMatchObject({ ok: true });
  expect(witness.disconnects).toEqual([]);
});

const opened = async () => {
  const raw = new RawSocket(port);
  raw.upgrade();
  await waitFor(() => raw.isOpen);
  return raw;
};
const inSession = async () => {
  const raw = await opened();
  raw.send(textFrame(`40${JSON.stringify({ token })}`));
  await waitFor(() => raw.heard.includes("session:ready"));
  return raw;
};
const status = async (raw: RawSocket) => {
  await waitFor(() => raw.heard.startsWith("HTTP/1.1 ") || raw.isClosed, { timeoutMs: 15_000 });
  return Number(raw.heard.slice(9, 12));
};

describe("handshakes", () => {
  it.each<[string, string[], number[]]>([
    ["2,000 headers (CVE-2024-37890)", Array.from({ length: 2_000 }, (_, i) => `X-${i}: y`), [400, 431]],
    ["a header of 64 KB", [`X-Long: ${"y".repeat(65_536)}`], [431]],
    [
      "a protocol list made for backtracking (CVE-2021-32640)",
      [`Sec-WebSocket-Protocol: ${"x ".repeat(7_000)},`],
      [101, 400],
    ],
    ["a broken key", ["Sec-WebSocket-Key: x"], [400]],
    ["an origin with bytes above ASCII", ["Origin: http://\xff\xfe"], [101, 400, 403]],
    ["a cookie named __proto__", ["Cookie: __proto__=1; io=abc"], [101]],
    ["permessage-deflate asked for", ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"], [101]],
  ])("with %s are answered", async (_name, headers, statuses) => {
    const raw = new RawSocket(port);
    raw.upgrade(undefined, headers);
    expect(statuses).toContain(await status(raw));
    expect(raw.heard).not.toContain("Sec-WebSocket-Extensions");
    raw.destroy();
  });

  it.each<[string, string]>([
    ["EIO 3 with a session id (CVE-2022-21676)", "/socket.io/?EIO=3&transport=websocket&sid=x"],
    ["transport twice", "/socket.io/?EIO=4&transport=websocket&transport[]=polling&sid=__proto__"],
    ["a query of 10 KB", `/socket.io/?EIO=4&transport=websocket&x=${"%00".repeat(3_000)}`],
    ["a path that climbs", "/socket.io/../socket.io/?EIO=4&transport=websocket"],
    ["an absolute address", "http://evil.test/socket.io/?EIO=4&transport=websocket"],
  ])("for %s are answered", async (_name, path) => {
    const raw = new RawSocket(port);
    raw.upgrade(path);
    expect([101, 400, 404]).toContain(await status(raw));
    raw.destroy();
  });

  it("reset at each of their bytes (CVE-2022-41940, CVE-2023-31125) leave nothing behind", async () => {
    const words =
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: e\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    for (let length = 1; length <= words.length; length += 3) {
      const raw = new RawSocket(port);
      raw.send(words.slice(0, length));
      await systemClock.sleep(1);
      raw.socket.resetAndDestroy();
      await raw.closed;
    }
  });

  it("that never end are ended", { timeout: 20_000 }, async () => {
    const raw = new RawSocket(port);
    raw.send("GET /socket.io/ HTTP/1.1\r\n");
    const drip = setInterval(() => raw.send("X-Slow: 1\r\n"), 200);
    await raw.closed;
    clearInterval(drip);
  });

  it("a POST of 10 MB (CVE-2020-36048) is refused and not read", async () => {
    const raw = new RawSocket(port);
    raw.send("POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: e\r\nContent-Length: 10000000\r\n\r\n");
    raw.send("x".repeat(100_000));
    expect(await status(raw)).toBe(400);
    raw.destroy();
  });
});

describe("frames", () => {
  it.each<[string, Buffer[]]>([
    ["reserved bits", [encodeFrame({ rsv: 4, payload: Buffer.from("2") })]],
    ["no mask", [encodeFrame({ masked: false, payload: Buffer.from("2") })]],
    ["a reserved opcode", [encodeFrame({ opcode: 11, payload: Buffer.from("2") })]],
    ["binary (CVE-2022-2421, CVE-2020-36049)", [encodeFrame({ opcode: 2, payload: Buffer.from([4, 5, 6]) })]],
    ["a ping of 200 bytes", [encodeFrame({ opcode: 9, payload: Buffer.alloc(200) })]],
    ["a continuation of nothing", [encodeFrame({ opcode: 0, payload: Buffer.from("2") })]],
    ["4 GB announced", [encodeFrame({ claimedLength: 4_000_000_000, payload: Buffer.alloc(10) })]],
    ["64 KB and one byte", [textFrame(`42["a:b","${"x".repeat(65_530)}"]`)]],
    ["half a character of UTF-8", [encodeFrame({ payload: Buffer.from([0x34, 0x32, 0xf0, 0x9f]) })]],
    ["a close code that is none", [encodeFrame({ opcode: 8, payload: Buffer.from([0, 1]) })]],
    [
      "100,000 fragments",
      [
        encodeFrame({ fin: false, payload: Buffer.from("42") }),
        Buffer.concat(
          Array.from({ length: 100_000 }, () => encodeFrame({ fin: false, opcode: 0, payload: Buffer.alloc(0) })),
        ),
      ],
    ],
  ])("of %s close their connection and no other", async (_name, frames) => {
    const raw = await inSession();
    for (const frame of frames) raw.send(frame);
    await Promise.race([raw.closed, systemClock.sleep(2_000)]);
    raw.destroy();
  });

  it("10,000 pings are answered or not, and end nothing", async () => {
    const raw = await inSession();
    raw.send(
      Buffer.concat(Array.from({ length: 10_000 }, () => encodeFrame({ opcode: 9, payload: Buffer.from("x") }))),
    );
    raw.send(textFrame('421["presence:unwatch",{"users":["bob"]}]'));
    await waitFor(() => raw.heard.includes("431[") || raw.isClosed, { timeoutMs: 10_000 });
    raw.destroy();
  });
});

describe("packets", () => {
  it.each<[string, string]>([
    ["the error event (CVE-2024-38355)", '42["error",{}]'],
    ["an ack of what was never asked", "43999999[1]"],
    ["an event named __proto__", '421["__proto__",{"a":1}]'],
    [
      "keys named __proto__ and constructor",
      '421["cursor:moved",{"room":"doc:1","data":{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}}]',
    ],
    ["a million digits", `421["cursor:moved",{"room":"doc:1","data":{"x":${"1".repeat(10_000)},"y":1e400}}]`],
    ["a deep value", `421["cursor:moved",{"room":"doc:1","data":${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}}]`],
    [
      "10,000 keys",
      `421["cursor:moved",{"room":"doc:1","data":{${Array.from({ length: 1_500 }, (_, i) => `"k${i}":1`).join(",")}}}]`,
    ],
    ["ids with every separator", '421["room:join",{"room":"a/b:c\\n*>.\\u0000{}"}]'],
    ["another session's id as a room", '421["room:join",{"room":"s:main~witness"}]'],
    [
      "versions out of range",
      '421["room:join",{"room":"doc:1","have":{"epoch":"9.9","roster":9007199254740993,"state":-1}}]',
    ],
  ])("of %s change nothing and keep the connection", async (_name, packet) => {
    const raw = await inSession();
    raw.send(textFrame(packet));
    raw.send(textFrame('4277["presence:unwatch",{"users":["bob"]}]'));
    await waitFor(() => raw.heard.includes('4377[{"ok":true') || raw.isClosed);
    expect(raw.isClosed).toBe(false);
    expect(raw.heard).not.toContain('"code":"INTERNAL"');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    raw.destroy();
  });

  it.each<[string, string]>([
    ["a name that is an object (CVE-2023-32695)", '42[{"toString":"x"},{}]'],
    ["a name that is a list", '421[["room:join"],{}]'],
    ["no name", "42[]"],
    ["a reserved name", '42["disconnect"]'],
    ["an event for a namespace it is not in", '42/other,["a:b"]'],
    ["a second CONNECT", "40{}"],
  ])(
    "of %s break the protocol: the connection is closed, also when the client does not answer the close",
    async (_name, packet) => {
      const raw = await inSession();
      raw.send(textFrame(packet));
      await raw.closed;
    },
  );

  it.each<[string, string]>([
    ["EVENT before CONNECT", '42["room:join",{}]'],
    ["10,000 namespaces", Array.from({ length: 10_000 }, (_, i) => `40/n${i},{}`).join("\u001e")],
    ["a reserved name", '42["disconnect"]'],
  ])("of %s before a session end it or are refused", async (_name, packet) => {
    const raw = await opened();
    raw.send(textFrame(packet));
    await Promise.race([raw.closed, systemClock.sleep(500)]);
    raw.destroy();
  });

  it("CONNECT to 200 undeclared namespaces is answered by Socket.IO and makes no state", async () => {
    const raw = await opened();
    for (let i = 0; i < 200; i++) raw.send(textFrame(`40/n${i},{"token":"x"}`));
    await waitFor(() => raw.heard.includes("Invalid namespace") || raw.isClosed);
    raw.destroy();
    expect(await cluster.edges[0]!.metrics()).toMatch(/rollcall_edge_connects_total\{code="NAMESPACE_UNKNOWN"\}/);
  });
});
