import { systemClock } from "@rollcall/runtime";
import { type Cluster, type TestClient, waitFor } from "@rollcall/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { encodeFrame, RawSocket, textFrame } from "./fuzz/raw-socket.ts";
import { BAD_SPEECH, BAD_UPGRADES } from "./hostile-cases.ts";
import { startLoneEdge } from "./lone-edge.ts";

let cluster: Cluster;
let witness: TestClient;
let token: string;
let port: number;
beforeAll(async () => {
  cluster = await startLoneEdge({ ORIGINS: "http://localhost:*" });
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

/** Answers pings, so that what is closed was not closed for its silence. */
const opened = async (how: { mute?: boolean } = {}) => {
  const raw: RawSocket = new RawSocket(port, { ...how, onText: (text) => text === "2" && raw.send(textFrame("3")) });
  raw.upgrade();
  await waitFor(() => raw.isOpen);
  return raw;
};
const inSession = async (how: { mute?: boolean } = {}) => {
  const raw = await opened(how);
  raw.send(textFrame(`40${JSON.stringify({ token })}`));
  await waitFor(() => raw.heard.includes("session:ready"));
  return raw;
};
const status = async (raw: RawSocket) => {
  await waitFor(() => raw.heard.startsWith("HTTP/1.1 ") || raw.isClosed, { timeoutMs: 15_000 });
  return Number(raw.heard.slice(9, 12));
};

describe("upgrades", () => {
  it.each(BAD_UPGRADES)("with $name are answered", async ({ path, headers, statuses }) => {
    const raw = new RawSocket(port);
    raw.upgrade(path, headers);
    expect(statuses).toContain(await status(raw));
    expect(raw.heard).not.toContain("Sec-WebSocket-Extensions");
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

  it("that never end are ended, and so are frames that never end before there is a session", {
    timeout: 30_000,
  }, async () => {
    const request = new RawSocket(port);
    request.send("GET /socket.io/ HTTP/1.1\r\n");
    const frame = await opened();
    frame.send(encodeFrame({ claimedLength: 60_000, payload: Buffer.from("40") }));
    const drip = setInterval(() => {
      request.send("X-Slow: 1\r\n");
      frame.send("x");
    }, 200);
    await Promise.all([request.closed, frame.closed]);
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

describe("frames and packets", () => {
  it.each(BAD_SPEECH.filter(({ fate }) => fate === "closed"))(
    "$name: closes its connection and no other",
    async ({ early, bytes }) => {
      const raw = await (early ? opened() : inSession());
      for (const part of bytes) raw.send(part);
      await raw.closed;
    },
  );

  it.each(BAD_SPEECH.filter(({ fate }) => fate === "kept"))(
    "$name: changes nothing and keeps the connection",
    async ({ bytes }) => {
      const raw = await inSession();
      for (const part of bytes) raw.send(part);
      raw.send(textFrame('4277["presence:unwatch",{"users":["bob"]}]'));
      await waitFor(() => raw.heard.includes('4377[{"ok":true') || raw.isClosed);
      expect(raw.isClosed).toBe(false);
      expect(raw.heard).not.toContain('"code":"INTERNAL"');
      expect(({} as Record<string, unknown>).x).toBeUndefined();
      raw.destroy();
    },
  );

  it("10,000 pings are answered or not, and end nothing", async () => {
    const raw = await inSession();
    raw.send(
      Buffer.concat(Array.from({ length: 10_000 }, () => encodeFrame({ opcode: 9, payload: Buffer.from("x") }))),
    );
    raw.send(textFrame('421["presence:unwatch",{"users":["bob"]}]'));
    await waitFor(() => raw.heard.includes("431[") || raw.isClosed, { timeoutMs: 10_000 });
    raw.destroy();
  });

  it("a connection that broke the protocol ends also when its client does not answer the close", async () => {
    const raw = await inSession({ mute: true });
    raw.send(textFrame("42[]"));
    await raw.closed;
  });

  it("CONNECT to 200 undeclared namespaces is answered by Socket.IO and makes no state", async () => {
    const raw = await opened();
    for (let i = 0; i < 200; i++) raw.send(textFrame(`40/n${i},{"token":"x"}`));
    await waitFor(() => raw.heard.includes("Invalid namespace") || raw.isClosed);
    raw.destroy();
    expect(await cluster.edges[0]!.metrics()).toMatch(/rollcall_edge_connects_total\{code="NAMESPACE_UNKNOWN"\}/);
  });
});
