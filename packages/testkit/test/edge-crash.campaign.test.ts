/** The crash of an edge at the true bounds: 498 members, half of them gone for good, half back on the other edge. */

import type { JoinAck, RosterDiff, UserPresence } from "@rollcall/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster, type TestClient, waitFor } from "../src/index.ts";
import { E2E_CONTRACTS } from "./contracts.ts";
import { foldRoster } from "./roster-oracle.ts";

/** Of `docs/presence.md`: an edge killed, hung or lost. */
const BOUND_MS = 17_000;
/** With the observer and the marker as many as a roster shows before it becomes a count. */
const MEMBERS = 498;
const ROOM = "doc:crash";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ edges: 2, presence: 2, contractsDir: E2E_CONTRACTS, scaled: false, traces: false });
});
afterAll(() => cluster.stop());

const leaves = (observer: TestClient): string[] =>
  observer.eventsOf("room:roster").flatMap(({ payload }) => (payload as RosterDiff).left ?? []);
const offlines = (observer: TestClient): string[] =>
  observer
    .eventsOf("presence:changed")
    .flatMap(({ payload }) => (payload as { changes: UserPresence[] }).changes)
    .filter(({ status }) => status === "offline")
    .map(({ user }) => user);

test("[P1] [P2] [P3] [P13] [B9] every departure once within 17 s, nothing of those who returned", async () => {
  const [victim, survivor] = cluster.edges;
  const observer = await cluster.client(1, { user: "observer" });
  await observer.ready();
  const users = Array.from({ length: MEMBERS }, (_, i) => `member-${i}`);
  const members: TestClient[] = [];
  for (const user of users) {
    const client = await cluster.client(0, { user }, { io: { reconnection: members.length % 2 === 1 } });
    await client.ready();
    await client.call("room:join", { room: ROOM });
    members.push(client);
  }
  for (let i = 0; i < MEMBERS; i += 100) {
    await observer.call("presence:watch", { users: users.slice(i, i + 100) });
  }
  const ack = await observer.call<JoinAck>("room:join", { room: ROOM });
  observer.clearEvents();
  const gone = users.filter((_, i) => i % 2 === 0);
  const back = members.filter((_, i) => i % 2 === 1);
  for (const { socket } of back) Object.assign(socket.io, { uri: survivor!.url });

  const killedAtMs = performance.now();
  await victim!.kill("SIGKILL");
  await Promise.all(
    back.map(async (client) => {
      await client.nextReady(BOUND_MS);
      await client.call("room:join", { room: ROOM });
    }),
  );
  const returnedMs = performance.now() - killedAtMs;
  await waitFor(() => leaves(observer).length >= gone.length && offlines(observer).length >= gone.length, {
    timeoutMs: 2 * BOUND_MS,
    what: () => `departures (${leaves(observer).length} leaves, ${offlines(observer).length} offline)`,
  });
  const lastMs = performance.now() - killedAtMs;

  // One more transition, observed, proves that all earlier ones have arrived.
  const marker = await cluster.client(1, { user: "marker" });
  await marker.ready();
  await marker.call("room:join", { room: ROOM });
  await waitFor(() => foldRoster(observer, ack).members.has("marker"), { what: "the marker" });
  console.log(
    `returned ${back.length} within ${Math.round(returnedMs)} ms; last of ${gone.length} departures seen after ${Math.round(lastMs)} ms (bound ${BOUND_MS}); leaves ${leaves(observer).length}, offline ${offlines(observer).length}`,
  );
  expect(leaves(observer).toSorted()).toEqual(gone.toSorted());
  expect(offlines(observer).toSorted()).toEqual(gone.toSorted());
  expect(lastMs).toBeLessThanOrEqual(BOUND_MS);
}, 300_000);
