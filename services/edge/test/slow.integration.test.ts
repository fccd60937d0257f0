import type { Socket as TcpSocket } from "node:net";
import { systemClock } from "@rollcall/runtime";
import { type TestClient, waitFor } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { CALM, startWorld } from "./harness.ts";

/** The TCP socket under a stock client in Node. */
const tcpOf = (client: TestClient): TcpSocket =>
  (client.socket.io.engine.transport as unknown as { ws: { _socket: TcpSocket } }).ws._socket;

it("a client that stops reading costs a bounded amount, and is told to look again when it reads on", async () => {
  const env = { ...CALM, BYTES_PER_SECOND: "100000000", FRAMES_PER_SECOND: "100000", EVENTS_PER_SECOND: "10000" };
  await using world = await startWorld({ env });
  const edge = world.edges[0]!;
  const slow = await world.user(0, "slow");
  const fast = await world.user(0, "fast");
  const writer = await world.user(0, "writer");
  for (const one of [slow, fast, writer]) await one.call("room:join", { room: "doc:1" });
  const buffered = async () => Number(/^rollcall_edge_write_buffer_bytes (\d+)/m.exec(await edge.metrics.render())![1]);

  tcpOf(slow).pause();
  let sent = 0;
  let most = 0;
  const pad = "x".repeat(15_000);
  const drip = async () => {
    await Promise.all([0, 1].map(() => writer.call("cursor:moved", { room: "doc:1", data: { x: 0, y: sent++, pad } })));
    await systemClock.sleep(10);
    const held = await buffered();
    most = Math.max(most, held);
    return held;
  };
  // The kernel takes megabytes first; then the edge does.
  await waitFor(async () => (await drip()) > 64 * 1024, { timeoutMs: 30_000, everyMs: 0 });
  for (let i = 0; i < 50; i++) await drip();
  expect(most).toBeLessThan(256 * 1024);
  await waitFor(() => fast.eventsOf("cursor:moved").length === sent, { timeoutMs: 10_000 });

  tcpOf(slow).resume();
  const resync = await slow.waitForEvent("room:resync", undefined, 10_000);
  expect(resync.payload).toMatchObject({ room: "doc:1", reason: "slow" });
  await slow.call("room:join", { room: "doc:1" });
  await writer.call("cursor:moved", { room: "doc:1", data: { x: 7, y: 7 } });
  await slow.waitForEvent("cursor:moved", ({ payload }) => (payload as { x: number }).x === 7);
  expect(slow.disconnects).toEqual([]);
});
