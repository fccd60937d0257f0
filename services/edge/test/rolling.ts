/** A rolling restart of every edge while clients sit in rooms, and what must hold after it. */

import { type Cluster, type TestClient, waitFor } from "@rollcall/testkit";
import { expect } from "vitest";

export interface RollingOptions {
  clients: number;
  rooms: number;
}

/** A client as an app behind a balancer: after a disconnect it comes to another edge, and joins its room again. */
async function resident(cluster: Cluster, index: number, room: string): Promise<TestClient> {
  const one = await cluster.client(index % cluster.edges.length, { user: `u${index}` });
  let edge = index % cluster.edges.length;
  one.socket.on("disconnect", () => {
    do edge = (edge + 1) % cluster.edges.length;
    while (!cluster.edges[edge]!.running());
    (one.socket.io as unknown as { uri: string }).uri = cluster.edges[edge]!.url;
  });
  one.socket.on("session:ready", () => one.socket.emit("room:join", { room }, () => undefined));
  await one.ready();
  await one.call("room:join", { room });
  return one;
}

export async function rollingRestart(cluster: Cluster, { clients, rooms }: RollingOptions): Promise<void> {
  const roomOf = (index: number) => `doc:roll-${index % rooms}`;
  const residents: TestClient[] = [];
  for (let i = 0; i < clients; i += 50) {
    const batch = Array.from({ length: Math.min(50, clients - i) }, (_, k) => resident(cluster, i + k, roomOf(i + k)));
    residents.push(...(await Promise.all(batch)));
  }
  const watcher = await cluster.client(0, { user: "watcher" });
  await watcher.ready();
  const offline: string[] = [];
  const users = residents.map((_, i) => `u${i}`);
  const watchAll = async () => {
    for (let i = 0; i < users.length; i += 200)
      await watcher.call("presence:watch", { users: users.slice(i, i + 200) });
  };
  await watchAll();
  watcher.socket.on("presence:changed", ({ changes }: { changes: { user: string; status: string }[] }) => {
    offline.push(...changes.filter(({ status }) => status === "offline").map(({ user }) => user));
  });
  watcher.socket.on("disconnect", () => {
    (watcher.socket.io as unknown as { uri: string }).uri = cluster.edges[1]!.url;
    watcher.socket.once("session:ready", () => void watchAll());
  });

  for (const edge of cluster.edges) {
    const before = residents.map((one) => one.eventsOf("session:ready").length);
    const drained = residents.filter((one) => edgeOf(one) === edge.name);
    await edge.restart();
    await waitFor(
      () => drained.every((one) => one.eventsOf("session:ready").length > before[residents.indexOf(one)]!),
      {
        timeoutMs: 60_000,
        what: `everyone of ${edge.name} to be back`,
      },
    );
  }
  await waitFor(async () => {
    const counts = await Promise.all(
      Array.from({ length: rooms }, (_, i) =>
        residents[i]!.call<{ count: number }>("room:members", { room: roomOf(i) }),
      ),
    );
    return counts.reduce((sum, { count }) => sum + count, 0) === clients;
  });

  for (const one of residents) {
    for (const { payload } of one.eventsOf("session:ready").slice(1)) expect(payload).toMatchObject({ resumed: true });
    const left = one.eventsOf("room:roster").flatMap(({ payload }) => (payload as { left?: string[] }).left ?? []);
    expect(left).toEqual([]);
    expect(new Set(one.disconnects)).toEqual(new Set(["transport close"]));
  }
  expect(offline).toEqual([]);
}

const edgeOf = (one: TestClient) => (one.eventsOf("session:ready").at(-1)!.payload as { edge: string }).edge;
