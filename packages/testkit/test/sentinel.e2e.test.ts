/** A cluster on a Redis that Sentinels watch: its primary dies, and the services find the next one by themselves. */

import type { JoinAck } from "@rollcall/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, type RedisSentinel, startCluster, startSentinel, waitFor } from "../src/index.ts";
import { CALM } from "./calm.ts";
import { E2E_CONTRACTS } from "./contracts.ts";

let redis: RedisSentinel;
let cluster: Cluster;
beforeAll(async () => {
  redis = await startSentinel();
  cluster = await startCluster({
    edges: 1,
    contractsDir: E2E_CONTRACTS,
    redis: { url: `redis://${redis.name}` },
    env: { REDIS_MODE: "sentinel", REDIS_SENTINELS: redis.addresses, ...CALM },
    traces: false,
  });
});
afterAll(async () => {
  await cluster.stop();
  await redis.close();
});

test("[P10] the primary dies: nobody is disconnected, and all goes on with the one that takes its place", async () => {
  const room = "doc:failover";
  const [ann, bob] = await Promise.all(["ann", "bob"].map((user) => cluster.client(0, { user })));
  for (const client of [ann!, bob!]) {
    await client.ready();
    await client.call("room:join", { room });
  }
  const old = await redis.primary();
  await old.kill();
  await redis.failedOver(old);

  const joined = await waitFor(
    async () => {
      const ack = await ann!.emitAck("room:join", { room });
      return ack.ok && (ack.data as JoinAck).count === 2 ? ack : undefined;
    },
    { timeoutMs: 40_000, everyMs: 100, what: "ann to be in the room again, with bob" },
  );
  expect(joined.ok).toBe(true);
  await waitFor(async () => (await ann!.emitAck("cursor:moved", { room, data: { x: 7, y: 0 } })).ok, {
    timeoutMs: 20_000,
    what: "a relay to be accepted",
  });
  await bob!.waitForEvent("cursor:moved", ({ payload }) => (payload as { x: number }).x === 7, 20_000);
  expect([ann!.disconnects, bob!.disconnects]).toEqual([[], []]);
  for (const service of cluster.services) expect(service.running()).toBe(true);
});
