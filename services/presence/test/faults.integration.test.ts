/** What may befall the store under a replica: full, read-only, script-less, restarted. One of two replicas killed. A stream that takes nothing. */

import { jetstreamManager } from "@nats-io/jetstream";
import { subjectsOf } from "@rollcall/contracts";
import { createLogger } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { presenceStream as presenceStreamNeed } from "../src/workers/stream.ts";
import { data, FakeEdge, ref, startReplica } from "./replica.ts";
import { replicaScene } from "./replica-scene.ts";

const scene = replicaScene();
const { replica, ask, servers } = scene;
const rules = { retainMs: 0 };

const outbox = () => `{${scene.install}:c0}:outbox`;
const presenceStream = async () => ({
  jsm: await jetstreamManager(servers.nc),
  stream: subjectsOf(scene.install).presenceStream(),
});

/** One that a replica may only look at: what a test takes away stays away. */
async function streamMadeElsewhere() {
  const { jsm, stream } = await presenceStream();
  await jsm.streams.add(presenceStreamNeed(subjectsOf(scene.install)));
  return { jsm, stream };
}

async function enter(edge: FakeEdge, user: string) {
  const session = ref(user);
  const { incarnation } = await edge.open(session);
  await edge.lane({ op: "join", ref: session, incarnation, room: "a", rules, observe: false });
  return { ref: session, incarnation };
}

test("[P11] with memory full, goodbyes go through and the rest is refused, in the order of the lane", async () => {
  const { metrics } = await replica();
  const edge = new FakeEdge(servers.nc, scene.install, "edge-1");
  await edge.hello();
  const ann = await enter(edge, "ann");
  await servers.redis.config("SET", "maxmemory", "1mb");
  try {
    const results = await edge.lane(
      { op: "open", ref: ref("bob"), issuedAtMs: 1, expiresAtMs: 2 },
      { op: "close", ...ann, how: "leave" },
    );
    expect(results).toMatchObject([{ ok: false, error: { code: "UNAVAILABLE" } }, { ok: true }]);
  } finally {
    await servers.redis.config("SET", "maxmemory", "0");
  }
  expect(await metrics.render()).toMatch(
    /^rollcall_redis_refusals_total\{(?=.*dependency="presence")(?=.*code="OOM").*\} [1-9]/m,
  );
  expect(await ask("presence.get", { users: ["ann"] })).toMatchObject({ users: [{ status: "offline" }] });
  expect((await edge.open(ref("bob"))).resumed).toBe(false);
});

test("[P1] with memory full for longer than a lease, edges keep it and nobody is told gone", async () => {
  const leaseMs = 900;
  await replica({ bounds: { leaseMs } });
  const edge = new FakeEdge(servers.nc, scene.install, "edge-1");
  await edge.hello();
  await enter(edge, "ann");
  const leases = `{${scene.install}:c0}:leases`;
  const lease = async () => Number(await servers.redis.zscore(leases, "edge-1"));
  await servers.redis.config("SET", "maxmemory", "1mb");
  try {
    const first = await lease();
    await waitFor(async () => {
      await edge.lease();
      return (await lease()) > first + leaseMs;
    });
    // An edge that begins anew meanwhile is none that has gone.
    await new FakeEdge(servers.nc, scene.install, "edge-2").hello();
  } finally {
    await servers.redis.config("SET", "maxmemory", "0");
  }
  expect(await ask("presence.get", { users: ["ann"] })).toMatchObject({ users: [{ status: "active" }] });
  expect(await servers.redis.zrange(leases, "0", "-1")).toEqual(["edge-1", "edge-2"]);
});

test("[P11] a store that is read-only for a while refuses whole batches, and each applies once when tried again", async () => {
  await replica();
  const edge = new FakeEdge(servers.nc, scene.install, "edge-1");
  await edge.hello();
  const ops = edge.number({ op: "open", ref: ref("ann"), issuedAtMs: 1, expiresAtMs: 2 });
  await servers.redis.config("SET", "min-replicas-to-write", "1");
  try {
    await expect(edge.send(ops)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  } finally {
    await servers.redis.config("SET", "min-replicas-to-write", "0");
  }
  const reply = await edge.send(ops);
  expect(data(reply.status === "OK" ? reply.results[0] : undefined, "open").resumed).toBe(false);
});

test("scripts that Redis has forgotten are loaded again, also in the middle of a batch", async () => {
  await replica();
  const edge = new FakeEdge(servers.nc, scene.install, "edge-1");
  await edge.hello();
  await servers.redis.script("FLUSH");
  const opens = Array.from({ length: 40 }, (_, i) => ({
    op: "open" as const,
    ref: ref(`u${i}`),
    issuedAtMs: 1,
    expiresAtMs: 2,
  }));
  expect((await edge.lane(...opens)).every(({ ok }) => ok)).toBe(true);
  expect(await ask("presence.list", { limit: 10 })).toMatchObject({ count: 40, next: "u17" });
});

test("[P10] Redis restarted empty: the epoch rises, the edge begins anew, nobody is told offline", async () => {
  const { redis: connection } = await replica();
  const edge = new FakeEdge(servers.nc, scene.install, "edge-1");
  const { epoch } = await edge.hello();
  const ann = await enter(edge, "ann");
  await servers.redisServer.restart();
  await waitFor(() => connection.isUp(), { what: "Redis to be back" });
  const renewed = await waitFor(() => edge.lease().catch(() => undefined), { what: "an answer" });
  expect(renewed.status).toBe("UNKNOWN_EDGE");
  expect(Number(renewed.epoch)).toBeGreaterThan(Number(epoch));
  const again = new FakeEdge(servers.nc, scene.install, "edge-1b");
  await again.hello();
  const rooms = [{ room: "a", observe: false, rules }];
  const sessions = [{ ...ann, issuedAtMs: 1, expiresAtMs: 2, rooms }];
  await again.lane({ op: "assert", round: "r", sessions, last: true });
  expect(await ask("room.members", { namespace: "/", room: "a" })).toMatchObject({ count: 1 });
});

test("[X3] the durable store restarted empty has its revocations back before anybody asks", async () => {
  const { redis: connection } = await replica();
  await ask("session.revoke", { user: "ann", reason: "left the company" });
  await servers.redisServer.restart();
  await waitFor(() => connection.isUp(), { what: "Redis to be back" });
  await waitFor(async () => (await servers.redis.zrange(`{${scene.install}:c0}:revocations`, "0", "-1")).length === 1, {
    what: "the revocation",
  });
});

test("[P13] JetStream takes nothing for a while: the outbox is bounded, what it lost is counted, the rest is told in order", async () => {
  const { jsm, stream } = await streamMadeElsewhere();
  const { metrics } = await replica({ bounds: { outboxMaxLen: 500 }, mode: "verify" });
  const edge = new FakeEdge(servers.nc, scene.install, "edge-1");
  await edge.hello();
  await waitFor(async () => (await servers.redis.xlen(outbox())) === 0, { what: "the epoch to be told" });
  const { config } = await jsm.streams.info(stream);
  await jsm.streams.delete(stream);
  const users = Array.from({ length: 1_000 }, (_, i) => `u${i}`);
  for (let at = 0; at < users.length; at += 250) {
    const opens = users.slice(at, at + 250).map((user) => {
      return { op: "open" as const, ref: ref(user), issuedAtMs: 1, expiresAtMs: 2 };
    });
    expect((await edge.lane(...opens)).every(({ ok }) => ok)).toBe(true);
  }
  const value = async (name: string) =>
    Number(new RegExp(`^${name}\\S* (\\S+)$`, "m").exec(await metrics.render())?.[1] ?? Number.NaN);
  const kept = await servers.redis.xlen(outbox());
  await waitFor(async () => (await value("rollcall_outbox_dropped_total")) === users.length - kept, {
    timeoutMs: 10_000,
    what: "the loss to be counted",
  });
  // Redis trims its streams by nodes of 100 entries.
  expect(kept).toBeGreaterThanOrEqual(500);
  expect(kept).toBeLessThan(700);
  expect(await value("rollcall_outbox_entries")).toBe(kept);
  await jsm.streams.add({ ...config, name: stream });
  await waitFor(async () => (await servers.redis.xlen(outbox())) === 0, {
    timeoutMs: 20_000,
    what: "the outbox to be relayed",
  });
  expect((await jsm.streams.info(stream)).state.messages).toBe(kept);
});

test("a stream that is lost is made anew, and takes what waited for it", async () => {
  await replica();
  const { jsm, stream } = await presenceStream();
  const edge = new FakeEdge(servers.nc, scene.install, "edge-1");
  await edge.hello();
  await waitFor(async () => (await servers.redis.xlen(outbox())) === 0, { what: "the epoch to be told" });
  await jsm.streams.delete(stream);
  await edge.open(ref("ann"));
  await waitFor(async () => (await servers.redis.xlen(outbox())) === 0, { timeoutMs: 10_000, what: "it to be told" });
  expect((await jsm.streams.info(stream)).state.messages).toBe(1);
});

test("where a replica may only look, it says which stream is lost", async () => {
  const { jsm, stream } = await streamMadeElsewhere();
  const lines: string[] = [];
  const logger = createLogger({ service: "p", instance: "p", destination: { write: (line) => void lines.push(line) } });
  await replica({ mode: "verify", logger });
  const edge = new FakeEdge(servers.nc, scene.install, "edge-1");
  await edge.hello();
  await waitFor(async () => (await servers.redis.xlen(outbox())) === 0, { what: "the epoch to be told" });
  await jsm.streams.delete(stream);
  await edge.open(ref("ann"));
  const line = await waitFor(() => lines.find((one) => one.includes("outbox.failed")));
  expect(line).toContain(`stream ${stream} is missing`);
});

test("[P14] killing a replica loses nothing: the other answers, sweeps and relays", async () => {
  const first = await startReplica({ ...servers.urls(), install: scene.install, bounds: { leaseMs: 60_000 } });
  await replica({ instance: "presence-2" });
  const edge = new FakeEdge(servers.nc, scene.install, "edge-1");
  await edge.hello();
  const ann = await enter(edge, "ann");
  // As a kill would: its connections go without a word, its claim on the outbox stays.
  first.redis.client.disconnect();
  await first.nats.nc.close();
  // What the one that is gone was still given is asked again, with its number, as an edge does.
  const goodbye = edge.number({ op: "close", ...ann, how: "lost" });
  await waitFor(() => edge.send(goodbye).then(({ status }) => status === "OK"), {
    timeoutMs: 15_000,
    what: "the other replica",
  });
  await waitFor(
    async () =>
      (await ask<{ users: { status: string }[] }>("presence.get", { users: ["ann"] })).users[0]!.status === "offline",
    {
      timeoutMs: 8_000,
      what: "ann to be offline",
    },
  );
  await waitFor(async () => (await servers.redis.xlen(outbox())) === 0, {
    timeoutMs: 12_000,
    what: "the outbox to be relayed",
  });
});
