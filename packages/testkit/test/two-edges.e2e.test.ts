/** Two stock clients on two edges: one roster, one order, nothing twice. */

import type { JoinAck, UserPresence } from "@rollcall/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster, type TestClient, waitFor } from "../src/index.ts";
import { CALM } from "./calm.ts";
import { E2E_CONTRACTS } from "./contracts.ts";
import { foldRoster, usersOf } from "./roster-oracle.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ edges: 2, contractsDir: E2E_CONTRACTS, env: CALM });
});
afterAll(() => cluster.stop());

const room = "doc:two-edges";
const pair = async (name: string): Promise<[TestClient, TestClient]> => {
  const both = await Promise.all([cluster.client(0, { user: `${name}-a` }), cluster.client(1, { user: `${name}-b` })]);
  await Promise.all(both.map((client) => client.ready()));
  return both;
};

test("[P5] [P8] each sees the other in the roster, and the diffs fold without a gap", async () => {
  const [a, b] = await pair("roster");
  const ackA = await a.call<JoinAck>("room:join", { room });
  const ackB = await b.call<JoinAck>("room:join", { room });
  const everyone = ["roster-a", "roster-b"];
  await waitFor(() => foldRoster(a, ackA).members.size === 2, { what: "both in the first one's roster" });
  for (const view of [foldRoster(a, ackA), foldRoster(b, ackB)]) {
    expect(usersOf(view)).toEqual(everyone);
    expect(view.gaps).toBe(0);
  }
  expect(ackA.epoch).toBe(ackB.epoch);

  await b.call("room:leave", { room });
  await waitFor(() => foldRoster(a, ackA).members.size === 1, { what: "the leave" });
  expect(usersOf(foldRoster(a, ackA))).toEqual(["roster-a"]);
});

test("[P4] a user with a device on each edge is one user, who goes offline once, with the last", async () => {
  const watcher = await cluster.client(0, { user: "devices-watcher" });
  const devices = await Promise.all([0, 1].map((edge) => cluster.client(edge, { user: "devices" })));
  await Promise.all([watcher, ...devices].map((client) => client.ready()));
  await watcher.call("presence:watch", { users: ["devices"] });
  await devices[1]!.call("presence:set", { status: "busy" });
  const shown = () =>
    watcher
      .eventsOf("presence:changed")
      .flatMap(({ payload }) => (payload as { changes: UserPresence[] }).changes)
      .map(({ status, devices: count }) => `${status} ${count ?? ""}`.trim());
  await waitFor(() => shown().at(-1) === "busy 2", { what: () => `the stronger status, of two: ${shown()}` });
  await devices[1]!.close();
  await waitFor(() => shown().at(-1) === "active 1", { what: () => `the other's status: ${shown()}` });
  expect(shown()).not.toContain("offline");
  await devices[0]!.close();
  await waitFor(() => shown().at(-1) === "offline", { what: () => `offline: ${shown()}` });
  expect(shown().filter((status) => status === "offline")).toHaveLength(1);
});

test("2,000 concurrent relays arrive once each, in the same order on both edges", async () => {
  const [a, b] = await pair("order");
  const sender = await Promise.all([0, 1].map((edge) => cluster.client(edge, { user: `order-sender-${edge}` })));
  const everyone = [a, b, ...sender];
  await Promise.all(everyone.map((client) => client.ready()));
  await Promise.all(everyone.map((client) => client.call("room:join", { room: "doc:order" })));

  const total = 2_000;
  const acks = await Promise.all(
    Array.from({ length: total }, (_, i) =>
      sender[i % 2]!.emitAck("cursor:moved", { room: "doc:order", data: { x: i, y: 0 } }, undefined, 30_000),
    ),
  );
  expect(acks.filter((ack) => !ack.ok)).toEqual([]);
  await Promise.all(
    [a, b].map((client) =>
      waitFor(() => client.eventsOf("cursor:moved").length >= total, { timeoutMs: 30_000, what: "every relay" }),
    ),
  );
  const [seenByA, seenByB] = [a, b].map((client) => client.eventsOf("cursor:moved").map(({ meta }) => meta!.id));
  expect(new Set(seenByA).size).toBe(total);
  expect(seenByA).toHaveLength(total);
  expect(seenByB).toEqual(seenByA);
  // A relay without history goes to every other socket, not to its sender.
  for (const client of sender) {
    await waitFor(() => client.eventsOf("cursor:moved").length >= total / 2, { what: "the other sender's relays" });
    expect(client.eventsOf("cursor:moved")).toHaveLength(total / 2);
  }
}, 60_000);
