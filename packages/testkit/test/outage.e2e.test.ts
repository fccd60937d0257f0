/** Dependencies that go away under traffic, and services told to stop. */

import type { JoinAck } from "@rollcall/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, type ServiceProcess, startCluster, type TestClient, waitFor } from "../src/index.ts";
import { CALM } from "./calm.ts";
import { E2E_CONTRACTS } from "./contracts.ts";
import { foldRoster, usersOf } from "./roster-oracle.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ edges: 2, presence: 2, contractsDir: E2E_CONTRACTS, env: CALM });
});
afterAll(() => cluster.stop());

const relay = (client: TestClient, room: string, x: number) =>
  client.emitAck("cursor:moved", { room, data: { x, y: 0 } });

/** Joins until it is allowed again, and gives the ack. */
const joinWhenPossible = (client: TestClient, room: string) =>
  waitFor(
    async () => {
      const ack = await client.emitAck("room:join", { room });
      return ack.ok ? (ack.data as JoinAck) : undefined;
    },
    { timeoutMs: 20_000, everyMs: 100, what: `to join ${room}` },
  );

test("[P9] [P10] Redis gone and back empty under traffic: no exit, nobody disconnected, everything works again", async () => {
  const room = "doc:outage";
  const [a, b] = await Promise.all([0, 1].map((edge) => cluster.client(edge, { user: `outage-${edge}` })));
  for (const client of [a!, b!]) {
    await client.ready();
    await client.call("room:join", { room });
  }
  await b!.call("presence:watch", { users: ["outage-0"] });
  const pids = cluster.services.map(({ pid }) => pid);

  await cluster.redis!.kill();
  // Answers while it is away are the catalogue's, and come in time.
  const refused = await waitFor(
    async () => {
      const ack = await relay(a!, room, 1);
      return ack.ok ? undefined : ack.error;
    },
    { timeoutMs: 15_000, what: "a refusal" },
  );
  expect(refused).toMatchObject({ code: "UNAVAILABLE", retryable: true });
  const join = await a!.emitAck("room:join", { room: "doc:other" }, undefined, 15_000);
  expect(join).toMatchObject({ ok: false, error: { retryable: true } });
  await a!.waitForEvent("session:health", ({ payload }) => (payload as { fanout: string }).fanout === "stale", 15_000);

  await cluster.redis!.restart();
  await waitFor(async () => (await relay(a!, room, 2)).ok, { timeoutMs: 20_000, what: "a relay to be accepted" });
  const [ackA, ackB] = [await joinWhenPossible(a!, room), await joinWhenPossible(b!, room)];
  await waitFor(() => usersOf(foldRoster(a!, ackA)).length === 2 && usersOf(foldRoster(b!, ackB)).length === 2, {
    timeoutMs: 20_000,
    what: "both rosters whole",
  });
  await waitFor(
    async () => {
      await relay(a!, room, 7);
      return b!.eventsOf("cursor:moved").some(({ payload }) => (payload as { x?: number }).x === 7);
    },
    { timeoutMs: 10_000, what: "a relay to arrive" },
  );

  expect(cluster.services.map(({ pid }) => pid)).toEqual(pids);
  expect(cluster.services.every((service) => service.running())).toBe(true);
  expect([...a!.disconnects, ...b!.disconnects]).toEqual([]);
  const offline = b!
    .eventsOf("presence:changed")
    .filter(({ payload }) => JSON.stringify(payload).includes('"status":"offline"'));
  expect(offline).toEqual([]);
}, 120_000);

test("[P2] [P15] NATS gone and back: sockets stay, relays go on, joins work again, and the brake ends", async () => {
  const room = "doc:bus";
  const [a, b] = await Promise.all([0, 1].map((edge) => cluster.client(edge, { user: `bus-${edge}` })));
  for (const client of [a!, b!]) {
    await client.ready();
    await client.call("room:join", { room });
  }
  await cluster.nats!.kill();
  expect((await relay(a!, room, 1)).ok).toBe(true);
  await b!.waitForEvent("cursor:moved");
  const refused = await a!.emitAck("room:join", { room: "doc:bus-2" }, undefined, 15_000);
  expect(refused).toMatchObject({ ok: false, error: { retryable: true } });
  await cluster.nats!.restart();
  await joinWhenPossible(a!, "doc:bus-2");
  await waitFor(async () => (await joinWhenPossible(b!, room)).stale === undefined, {
    timeoutMs: 30_000,
    everyMs: 100,
    what: "the brake to end",
  });
  expect(usersOf(foldRoster(b!, await joinWhenPossible(b!, room)))).toEqual(["bus-0", "bus-1"]);
  expect([...a!.disconnects, ...b!.disconnects]).toEqual([]);
  expect(cluster.services.every((service) => service.running())).toBe(true);
}, 120_000);

/** What `/readyz` says from the signal to the end, each change once; 0 is no answer. */
async function readinessUntilEnd(service: ServiceProcess, exited: Promise<unknown>): Promise<number[]> {
  let isOver = false;
  void exited.then(() => (isOver = true));
  const seen: number[] = [];
  while (!isOver) {
    const status = await fetch(`${service.internalUrl}/readyz`).then(
      (response) => response.status,
      () => 0,
    );
    if (status !== seen.at(-1)) seen.push(status);
  }
  return seen;
}

test("SIGTERM of each service: not ready first, clients are told, exit 0 within the grace", async () => {
  const client = await cluster.client(0, { user: "told" });
  await client.ready();
  const [edge] = cluster.edges;
  const ending = edge!.stop();
  const readiness = readinessUntilEnd(edge!, ending);
  await client.waitForEvent("server:drain");
  expect(await ending).toMatchObject({ code: 0 });
  // The first look may come before the signal does; while clients are let go it is not ready.
  expect([[503], [200, 503]]).toContainEqual((await readiness).filter((status) => status > 0));
  for (const service of [cluster.presence[0]!, cluster.notifiers[0]!]) {
    const exit = service.stop();
    const seen = await readinessUntilEnd(service, exit);
    expect(await exit).toMatchObject({ code: 0 });
    // It may be over before it is asked, but it is never ready again.
    expect([[200, 503, 0], [200, 503], [200, 0], [503, 0], [503], [0]]).toContainEqual(seen);
  }
}, 60_000);
