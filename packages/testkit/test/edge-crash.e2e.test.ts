/** An edge killed without a word: what watchers and members on the other edge see, and never see. */

import type { JoinAck, RosterDiff, UserPresence } from "@rollcall/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster, type TestClient, waitFor } from "../src/index.ts";
import { E2E_CONTRACTS } from "./contracts.ts";
import { foldRoster } from "./roster-oracle.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ edges: 2, presence: 2, contractsDir: E2E_CONTRACTS });
});
afterAll(() => cluster.stop());

const room = "doc:crash";
const changesOf = (watcher: TestClient, user: string) =>
  watcher
    .eventsOf("presence:changed")
    .flatMap(({ payload }) => (payload as { changes: UserPresence[] }).changes)
    .filter((change) => change.user === user);
const leavesOf = (member: TestClient, user: string) =>
  member.eventsOf("room:roster").filter(({ payload }) => (payload as RosterDiff).left?.includes(user));

test("[P12] Redis's clock a minute ahead, then back: nobody is shown to go", async () => {
  const staying = await Promise.all([0, 1].map((edge) => cluster.client(edge, { user: `stays-${edge}` })));
  await Promise.all(staying.map((client) => client.ready()));
  const observer = await cluster.client(1, { user: "clock-observer" });
  await observer.ready();
  const users = staying.map((_, i) => `stays-${i}`);
  await observer.call("presence:watch", { users });
  const redis = cluster.redis!.connect();
  const key = (name: string) => `{${cluster.install}:c0}:${name}`;
  const leases = async () => (await redis.zrange(key("leases"), "0", "-1", "WITHSCORES")).join();
  try {
    for (const jumpMs of [60_000, -60_000]) {
      // The scripts know of Redis's clock only how far it is from what they saw last.
      await redis.hincrby(key("epoch"), "t", String(-jumpMs));
      const before = await leases();
      await waitFor(async () => (await leases()) !== before, { what: "an edge to renew, so many sweeps later" });
    }
  } finally {
    redis.disconnect();
  }
  await staying[0]!.call("presence:set", { status: "busy" }); // whatever was told before has come before this
  await waitFor(() => changesOf(observer, users[0]!).length > 0, { what: "the change" });
  expect(users.flatMap((user) => changesOf(observer, user)).map(({ status }) => status)).toEqual(["busy"]);
  for (const client of [...staying, observer]) await client.close();
});

test("[P1] [P2] [P3] [P13] kill -9: who stayed away leaves once, who came back never did", async () => {
  const [victim, survivor] = cluster.edges;
  const observer = await cluster.client(1, { user: "observer" });
  await observer.ready();
  const ack = await observer.call<JoinAck>("room:join", { room });

  const gone = await Promise.all(
    [0, 1, 2].map((i) => cluster.client(0, { user: `gone-${i}` }, { io: { reconnection: false } })),
  );
  const back = await Promise.all([0, 1, 2].map((i) => cluster.client(0, { user: `back-${i}` })));
  for (const client of [...gone, ...back]) {
    await client.ready();
    await client.call("room:join", { room });
  }
  const users = ["gone-0", "gone-1", "gone-2", "back-0", "back-1", "back-2"];
  const watched = await observer.call<{ users: UserPresence[] }>("presence:watch", { users });
  expect(watched.users.map(({ status }) => status)).toEqual(users.map(() => "active"));
  await waitFor(() => foldRoster(observer, ack).members.size === 7, { what: "everybody in the roster" });
  observer.clearEvents();
  const snapshot = await observer.call<JoinAck>("room:join", { room });

  // The stock client goes on trying the dead address; an app with a list of edges moves on.
  for (const client of back) {
    Object.assign(client.socket.io, { uri: survivor!.url });
    client.socket.io.opts.hostname = new URL(survivor!.url).hostname;
    client.socket.io.opts.port = new URL(survivor!.url).port;
  }
  const returns = back.map(async (client) => {
    const ready = await client.nextReady();
    expect(ready.resumed).toBe(true);
    await client.call("room:join", { room });
  });
  await victim!.kill("SIGKILL");
  await Promise.all(returns);

  await waitFor(() => gone.every((_, i) => changesOf(observer, `gone-${i}`).length > 0), {
    timeoutMs: 20_000,
    what: "the crashed edge's users to go offline",
  });
  await waitFor(() => foldRoster(observer, snapshot).members.size === 4, { what: "the roster without them" });
  // Nothing more may come for anyone: one more transition, observed, proves that all earlier ones have arrived.
  const marker = await cluster.client(1, { user: "marker" });
  await marker.ready();
  await marker.call("room:join", { room });
  await waitFor(() => foldRoster(observer, snapshot).members.has("marker"), { what: "the marker" });

  for (const i of [0, 1, 2]) {
    expect(changesOf(observer, `gone-${i}`)).toEqual([{ user: `gone-${i}`, status: "offline" }]);
    expect(leavesOf(observer, `gone-${i}`)).toHaveLength(1);
    expect(changesOf(observer, `back-${i}`)).toEqual([]);
    expect(leavesOf(observer, `back-${i}`)).toEqual([]);
  }
  expect(foldRoster(observer, snapshot).gaps).toBe(0);
});
