import { type Cluster, startCluster, type TestClient, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CONTRACT } from "./harness.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ edges: 2, notifiers: 0, contractsDir: CONTRACT, env: { DRAIN_MS: "2000" } });
});
afterAll(() => cluster.stop());

const join = async (edge: number, user: string, room: string) => {
  const one = await cluster.client(edge, { user });
  await one.ready();
  await one.call("room:join", { room });
  return one;
};
/** The client returns to another edge, as behind a balancer. */
const moveTo = (one: TestClient, edge: number) => {
  (one.socket.io as unknown as { uri: string }).uri = cluster.edges[edge]!.url;
};
/** As an app does: joins again as soon as it is back. */
const returned = async (one: TestClient, room: string) => {
  await waitFor(() => one.eventsOf("session:ready").length === 2, { timeoutMs: 20_000 });
  await one.call("room:join", { room });
};
const leftOf = (watcher: TestClient) =>
  watcher.eventsOf("room:roster").flatMap(({ payload }) => (payload as { left?: string[] }).left ?? []);
const offlineOf = (watcher: TestClient) =>
  watcher
    .eventsOf("presence:changed")
    .flatMap(({ payload }) => (payload as { changes: { user: string; status: string }[] }).changes)
    .filter(({ status }) => status === "offline")
    .map(({ user }) => user);

it("[P1] [P3] an edge is killed: those who do not return leave and go offline once each, the others are never shown gone", async () => {
  const room = "doc:kill";
  const watcher = await join(1, "watcher", room);
  const staying = ["u1", "u2", "u3"];
  const going = ["g1", "g2", "g3"];
  await watcher.call("presence:watch", { users: [...staying, ...going] });
  const clients = new Map<string, TestClient>();
  for (const user of [...staying, ...going]) clients.set(user, await join(0, user, room));
  await waitFor(() =>
    watcher.eventsOf("room:roster").some(({ payload }) => (payload as { count: number }).count === 7),
  );
  for (const user of staying) moveTo(clients.get(user)!, 1);
  for (const user of going) clients.get(user)!.socket.io.reconnection(false);

  await cluster.edges[0]!.kill("SIGKILL");
  await Promise.all(
    staying.map(async (user) => {
      const one = clients.get(user)!;
      await returned(one, room);
      expect(one.eventsOf("session:ready")[1]!.payload).toMatchObject({ resumed: true, edge: "edge-2" });
    }),
  );
  await waitFor(() => leftOf(watcher).length >= going.length && offlineOf(watcher).length >= going.length, {
    timeoutMs: 20_000,
    what: () => `leaves and offlines (${leftOf(watcher)} / ${offlineOf(watcher)})`,
  });
  const read = await watcher.call<{ members: { user: string }[] }>("room:members", { room });
  expect(read.members.map(({ user }) => user).toSorted()).toEqual([...staying, "watcher"].toSorted());
  expect(leftOf(watcher).toSorted()).toEqual(going);
  expect(offlineOf(watcher).toSorted()).toEqual(going);
  await cluster.edges[0]!.restart();
});

it("SIGTERM: not ready first, clients told and back elsewhere, exit 0", async () => {
  const room = "doc:term";
  const watcher = await join(1, "watcher-2", room);
  const users = Array.from({ length: 10 }, (_, i) => `t${i}`);
  const clients = await Promise.all(users.map((user) => join(0, user, room)));
  await waitFor(() =>
    watcher.eventsOf("room:roster").some(({ payload }) => (payload as { count: number }).count === 11),
  );
  watcher.clearEvents();
  for (const one of clients) moveTo(one, 1);
  const stopped = cluster.edges[0]!.stop();
  await Promise.all(clients.map((one) => one.waitForEvent("server:drain")));
  expect((await fetch(`${cluster.edges[0]!.internalUrl}/readyz`)).status).toBe(503);
  await Promise.all(clients.map((one) => returned(one, room)));
  expect(await stopped).toMatchObject({ code: 0 });
  const read = await watcher.call<{ count: number }>("room:members", { room });
  expect(read.count).toBe(11);
  expect(leftOf(watcher)).toEqual([]);
  await cluster.edges[0]!.restart();
});

it("Redis stopped under traffic: no process exits, clients stay, everything works again", async () => {
  const room = "chat:redis";
  const [a, b] = [await join(0, "ra", room), await join(1, "rb", room)];
  const pids = cluster.services.map(({ pid }) => pid);
  await cluster.redis!.stop();
  await a.waitForEvent("session:health", ({ payload }) => (payload as { fanout: string }).fanout === "stale", 15_000);
  expect(await a.emitAck("chat:said", { room, data: { text: "away" } })).toMatchObject({
    ok: false,
    error: { retryable: true },
  });
  await cluster.redis!.restart();
  await waitFor(
    async () => {
      const acks = await Promise.all([a, b].map((one) => one.emitAck("room:join", { room })));
      return acks.every(({ ok }) => ok);
    },
    { timeoutMs: 30_000 },
  );
  await a.call("chat:said", { room, data: { text: "back" } });
  await b.waitForEvent("chat:said", ({ payload }) => (payload as { text: string }).text === "back");
  expect([...a.disconnects, ...b.disconnects]).toEqual([]);
  expect(cluster.services.map(({ pid }) => pid)).toEqual(pids);
  expect(cluster.services.every((service) => service.running())).toBe(true);
});

it("an error nobody caught is logged and counted, clients are let go, and the process ends with 1", async () => {
  const room = "doc:bug";
  const watcher = await join(1, "watcher-3", room);
  const script = "process.on('SIGUSR2',()=>{Promise.reject(new Error('a bug'))})";
  await cluster.edges[0]!.restart({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` });
  const one = await join(0, "unlucky", room);
  await waitFor(() => watcher.eventsOf("room:roster").length > 0);
  moveTo(one, 1);
  const { exited } = cluster.edges[0]!;
  await cluster.edges[0]!.kill("SIGUSR2");
  await one.waitForEvent("server:drain");
  await returned(one, room);
  expect(await exited).toMatchObject({ code: 1 });
  expect(cluster.edges[0]!.logs().filter(({ event }) => event === "service.uncaught")).toHaveLength(1);
  expect(leftOf(watcher)).toEqual([]);
  await cluster.edges[0]!.restart({ NODE_OPTIONS: "" });
  const again = await join(0, "after", room);
  expect(await again.call("room:members", { room })).toMatchObject({ count: 3 });
});
