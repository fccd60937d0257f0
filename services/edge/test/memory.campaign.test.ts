/** What clients can make an edge hold: before they are anybody, and when they stop reading. Memory of a real process. */

import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { systemClock } from "@rollcall/runtime";
import { type Cluster, startCluster, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { encodeFrame, RawSocket, textFrame } from "./fuzz/raw-socket.ts";
import { CONTRACT } from "./harness.ts";

const SOCKETS = 400;
const PATIENCE = { timeoutMs: 300_000, everyMs: 20 };
/** Of the wire: the longest frame, and the fragments of one. */
const FRAME_BYTES = 65_535;
const FRAGMENTS = 60;
/** Messages of 15 KB at once, and how often: what V8 lets lie of them has settled by then. */
const BURST = 10;
const BURSTS = 1_000;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({
    edges: 1,
    notifiers: 0,
    contractsDir: CONTRACT,
    traces: false,
    scaled: false,
    // Nobody is lost for a missing pong while it is looked at.
    env: { PING_TIMEOUT_MS: "600000", GRACE_MS: "900000" },
    envOf: {
      edge: {
        NODE_OPTIONS: "--max-semi-space-size=4", // as shipped: deploy/docker/Dockerfile
        CONNECT_TIMEOUT_MS: "300000", // held open to be looked at; by default these are ended after 5 s
        BYTES_PER_SECOND: "100000000",
        FRAMES_PER_SECOND: "1000000",
        EVENTS_PER_SECOND: "10000",
        MAX_CONNECTIONS_PER_USER: "1000",
      },
    },
    readyTimeoutMs: 300_000,
  });
});
afterAll(() => cluster?.stop());

const rssKb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${cluster.edges[0]!.pid}/status`, "utf8"))![1]);
const port = () => Number(new URL(cluster.edges[0]!.url).port);

/** A busy edge refuses some for now. */
async function upgraded(): Promise<RawSocket> {
  return waitFor(
    async () => {
      const raw = new RawSocket(port());
      raw.upgrade();
      await waitFor(() => raw.isOpen || raw.isClosed, PATIENCE);
      return raw.isOpen && raw;
    },
    { ...PATIENCE, what: "an upgrade" },
  );
}

/** The highest of what is read until `done`, above what it was before, per socket. */
async function growthKb(before: number, done: () => Promise<boolean>): Promise<number> {
  let most = before;
  await waitFor(async () => {
    most = Math.max(most, rssKb());
    return done();
  }, PATIENCE);
  return (most - before) / SOCKETS;
}

it.each<[string, Buffer[]]>([
  [
    "a frame that lacks its last byte",
    [encodeFrame({ claimedLength: FRAME_BYTES, payload: Buffer.alloc(FRAME_BYTES - 1) })],
  ],
  [
    "a message that lacks its last fragment",
    Array.from({ length: FRAGMENTS }, (_, i) =>
      encodeFrame({
        fin: false,
        opcode: i === 0 ? 1 : 0,
        payload: Buffer.alloc(Math.floor(FRAME_BYTES / FRAGMENTS), 0x34),
      }),
    ),
  ],
])("before it has a session a connection holds at most 128 KB: %s", async (name, frames) => {
  const before = rssKb();
  const all: RawSocket[] = [];
  for (let i = 0; i < SOCKETS; i++) {
    const raw = await upgraded();
    for (const frame of frames) raw.send(frame);
    all.push(raw);
  }
  const until = systemClock.monotonic() + 3_000;
  const kb = await growthKb(before, async () => systemClock.monotonic() > until);
  console.log(JSON.stringify({ name, sockets: SOCKETS, kbPerSocket: Math.round(kb), load: loadavg()[0] }));
  expect(all.every((raw) => !raw.isClosed)).toBe(true);
  for (const raw of all) raw.destroy();
  expect(kb).toBeLessThanOrEqual(128);
});

it("a client that stops reading costs at most 320 KB, whatever is sent to it", async () => {
  const token = await cluster.keys.token({ user: "sloth" });
  const writer = await cluster.client(0, { user: "writer" });
  await writer.call("room:join", { room: "doc:stall" });
  const readers: RawSocket[] = [];
  for (let i = 0; i < SOCKETS; i++) {
    const raw = await upgraded();
    raw.send(textFrame(`40${JSON.stringify({ token })}`));
    await waitFor(() => raw.heard.includes("session:ready"), PATIENCE);
    raw.send(textFrame('421["room:join",{"room":"doc:stall"}]'));
    await waitFor(() => raw.heard.includes("431["), PATIENCE);
    readers.push(raw);
  }
  const pad = "x".repeat(15_000);
  let sent = 0;
  const burst = () =>
    Promise.all(
      Array.from({ length: BURST }, () =>
        writer.emitAck("cursor:moved", { room: "doc:stall", data: { x: 0, y: sent++, pad } }, null, PATIENCE.timeoutMs),
      ),
    );
  const delivered = async () =>
    Number(
      /^rollcall_edge_deliveries_total\{event="cursor:moved"\} (\d+)/m.exec(await cluster.edges[0]!.metrics())?.[1] ??
        0,
    );

  // What V8 lets lie while such messages pass is there with readers too.
  const idle = rssKb();
  const reading = await growthKb(idle, async () => {
    await burst();
    return sent >= BURSTS * BURST;
  });

  for (const raw of readers) raw.socket.pause();
  let settled = 0;
  const stalled = await growthKb(idle, async () => {
    const before = await delivered();
    await burst();
    // The kernel takes megabytes for each first; then the edge holds some, until it takes them out of their rooms.
    if ((await delivered()) - before < SOCKETS) settled++;
    return settled >= BURSTS;
  });
  const load = loadavg()[0];
  console.log(
    JSON.stringify({ sockets: SOCKETS, sent, idleKb: idle, kbPerReader: reading, kbPerSocket: stalled, load }),
  );
  expect(writer.disconnects).toEqual([]);
  for (const raw of readers) raw.destroy();
  expect(stalled).toBeLessThanOrEqual(320);
});
