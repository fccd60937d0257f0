/** A replica on real servers: an edge's protocol in, the log, the PRESENCE stream and the requests out. */

import { jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { checkSources, emptyContracts, subjectsOf } from "@rollcall/contracts";
import { decodeEntry, keysOf } from "@rollcall/fanout";
import { request } from "@rollcall/runtime";
import { type NatsServer, type RedisServer, startNats, startRedis, waitFor } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { data, FakeEdge, type Replica, ref, startReplica } from "./replica.ts";

let redisServer: RedisServer;
let natsServer: NatsServer;
let redis: Redis;
let nc: NatsConnection;
let install: string;
let count = 0;
const replicas: Replica[] = [];

beforeAll(async () => {
  [redisServer, natsServer] = await Promise.all([startRedis(), startNats()]);
  redis = redisServer.connect();
  nc = await natsServer.connect();
});
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  redis.disconnect();
  await nc.close();
  await Promise.all([redisServer.stop(), natsServer.stop()]);
});
beforeEach(() => {
  install = `t${++count}`;
});

/** Edges here renew no leases, unless leases are what it is about. */
const replica = async (instance = "presence-1", contracts = emptyContracts(), leaseMs = 60_000) => {
  const servers = { redisUrl: redisServer.url, natsUrl: natsServer.url };
  const started = await startReplica({ ...servers, install, instance, contracts, bounds: { leaseMs } });
  replicas.push(started);
  return started;
};
const ask = <T>(name: string, body: unknown) =>
  request<T>(nc, subjectsOf(install).request("main", name), body, { timeoutMs: 3_000 });
const log = async () => {
  const entries = await redis.xrange(keysOf(install, "c0").log(0), "-", "+");
  return entries.map(([, fields]) => decodeEntry(fields)!);
};
const packets = async (event: string) =>
  (await log()).filter((entry) => entry.event === event).map((entry) => JSON.parse(entry.packetJson)[1]);
const rules = { retainMs: 0 };

test("a session joins, is read by backends, leaves; log and PRESENCE tell the same story", async () => {
  await replica();
  const edge = new FakeEdge(nc, install, "edge-1-a");
  expect(await edge.hello()).toMatchObject({ status: "OK", brake: false });
  const ann = ref("ann");
  const { incarnation, resumed } = await edge.open(ann, { name: "Ann", client: "app/1" });
  expect(resumed).toBe(false);
  const joined = await edge.lane({
    op: "join",
    ref: ann,
    incarnation,
    room: "doc:1",
    rules,
    observe: false,
    info: [1],
  });
  const { ack, position } = data(joined[0], "join");
  const member = { user: "ann", name: "Ann", info: [1], devices: 1, since: expect.stringMatching(/^\d{4}-.*Z$/) };
  expect(ack).toMatchObject({ room: "doc:1", resumed: false, mode: "roster", count: 1, roster: { members: [member] } });
  expect(position).toMatch(/^\d+-\d+$/);

  expect(await ask("presence.get", { users: ["ann", "bob"] })).toEqual({
    users: [
      { user: "ann", status: "active", devices: 1, epoch: expect.any(String), version: 1, visible: true },
      { user: "bob", status: "offline" },
    ],
  });
  expect(await ask("presence.list", {})).toMatchObject({ users: [{ user: "ann" }], count: 1 });
  expect(await ask("presence.sessions", { user: "ann" })).toMatchObject({
    sessions: [
      { session: ann.session, namespace: "/", edge: "edge-1-a", status: "active", client: "app/1", rooms: ["doc:1"] },
    ],
  });
  expect(await ask("room.list", { namespace: "/" })).toMatchObject({ rooms: [{ room: "doc:1", count: 1 }] });
  expect(await ask("room.members", { namespace: "/", room: "doc:1" })).toMatchObject({ count: 1, members: [member] });
  expect(await ask("presence.explain", { user: "ann" })).toMatchObject({
    online: true,
    brake: null,
    sessions: [{ state: "online", leaseAgeMs: expect.any(Number), leaseLeftMs: expect.any(Number) }],
  });

  await edge.lane({ op: "close", ref: ann, incarnation, how: "leave" });
  expect(await ask("presence.get", { users: ["ann"] })).toEqual({ users: [{ user: "ann", status: "offline" }] });
  expect((await packets("room:roster")).map(({ from, to, count: members }) => [from, to, members])).toEqual([
    [0, 2, 1],
    // The room is vacated with it: one diff for both.
    [2, 4, 0],
  ]);
  expect((await packets("presence:changed")).at(-1)).toEqual({ changes: [{ user: "ann", status: "offline" }] });

  const consumer = await jetstream(nc).consumers.get(`${install.toUpperCase()}_PRESENCE`);
  const types: string[] = [];
  for await (const message of await consumer.fetch({ max_messages: 7, expires: 3_000 })) {
    types.push(message.headers!.get("ce-type"));
    expect(message.headers!.get("Nats-Msg-Id")).toBe(message.headers!.get("ce-id"));
  }
  expect(types).toEqual([
    "rollcall.presence.epoch",
    "rollcall.user.online",
    "rollcall.room.occupied",
    "rollcall.room.joined",
    "rollcall.user.offline",
    "rollcall.room.left",
    "rollcall.room.vacated",
  ]);
  expect(await ask("presence.explain", { user: "ann" })).toMatchObject({
    online: false,
    last: { change: "offline", reason: "leave" },
    sessions: [],
  });
});

test("[P11] a repeated batch changes nothing and is answered alike; a gap is refused whole", async () => {
  await replica();
  const edge = new FakeEdge(nc, install, "edge-1-a");
  await edge.hello();
  const ann = ref("ann");
  const opening = edge.number({ op: "open", ref: ann, issuedAtMs: 1, expiresAtMs: 2 });
  const first = await edge.send(opening);
  expect(await edge.send(opening)).toEqual(first);
  const { incarnation } = data(first.status === "OK" ? first.results[0] : undefined, "open");
  const joining = edge.number({ op: "join", ref: ann, incarnation, room: "doc:1", rules, observe: false });
  const joined = await edge.send(joining);
  const before = await log();
  expect(await edge.send(joining)).toEqual(joined);
  expect(await log()).toEqual(before);
  edge.number({ op: "bye" }); // a number nobody sent
  const late = edge.number({ op: "leave", ref: ann, incarnation, room: "doc:1", reason: "leave" });
  expect(await edge.send(late)).toMatchObject({ status: "UNKNOWN_EDGE" });
  expect(await log()).toEqual(before);
});

test("[P3] a client that comes back to another edge within grace shows nothing; the old edge is told", async () => {
  await replica();
  const [a, b] = [new FakeEdge(nc, install, "edge-1-a"), new FakeEdge(nc, install, "edge-2-b")];
  await Promise.all([a.hello(), b.hello()]);
  const ann = ref("ann");
  const { incarnation } = await a.open(ann);
  await a.lane({ op: "join", ref: ann, incarnation, room: "doc:1", rules, observe: false });
  const before = await log();
  const told: unknown[] = [];
  const control = nc.subscribe(subjectsOf(install).edgeControl(a.id), { callback: (_, m) => void told.push(m.json()) });
  await nc.flush();
  const back = await b.open(ann);
  expect(back).toMatchObject({ resumed: true, rooms: ["doc:1"] });
  expect(back.incarnation).toBeGreaterThan(incarnation);
  await waitFor(() => told.length === 1);
  expect(told).toEqual([{ kind: "replaced", ref: ann, incarnation: back.incarnation }]);
  control.unsubscribe();
  // What the old edge still says of it changes nothing.
  await a.lane({ op: "close", ref: ann, incarnation, how: "leave" });
  expect(await log()).toEqual(before);
});

test("[P1][P13] an edge that dies takes its sessions with it, once, with two replicas; a live one keeps its own", async () => {
  await Promise.all(["presence-1", "presence-2"].map((name) => replica(name, emptyContracts(), 3_000)));
  const edges = ["edge-1-a", "edge-2-b", "edge-3-c"].map((id) => new FakeEdge(nc, install, id));
  await Promise.all(edges.map((edge) => edge.hello()));
  for (const [i, edge] of edges.entries()) {
    const session = ref(`user-${i}`);
    const { incarnation } = await edge.open(session);
    await edge.lane({ op: "join", ref: session, incarnation, room: "doc:1", rules, observe: false });
  }
  const alive = edges.slice(1);
  await waitFor(async () => {
    await Promise.all(alive.map((edge) => edge.lease()));
    return (await packets("room:roster")).some(({ left }) => left?.includes("user-0"));
  });
  await Promise.all(alive.map((edge) => edge.lease()));
  const lefts = (await packets("room:roster")).flatMap(({ left }) => left ?? []);
  expect(lefts).toEqual(["user-0"]);
  expect(await ask("room.members", { namespace: "/", room: "doc:1" })).toMatchObject({ count: 2 });
  expect(await edges[0]!.send(edges[0]!.number({ op: "bye" }))).toMatchObject({ status: "UNKNOWN_EDGE" });
});

test("[P10] after FLUSHALL edges are told to begin anew, assert, and no offline was sent", async () => {
  await replica();
  const edge = new FakeEdge(nc, install, "edge-1-a");
  const before = await edge.hello();
  const ann = ref("ann");
  const { incarnation } = await edge.open(ann);
  await edge.lane({ op: "join", ref: ann, incarnation, room: "doc:1", rules, observe: false });
  await redis.flushall();
  const lease = await edge.lease();
  expect(lease.status).toBe("UNKNOWN_EDGE");
  expect(Number(lease.epoch)).toBeGreaterThan(Number(before.epoch));
  expect(lease.brake).toBe(true);
  const again = new FakeEdge(nc, install, "edge-1-b");
  await again.hello();
  const rooms = [{ room: "doc:1", observe: false, rules }];
  const asserted = { ref: ann, incarnation, issuedAtMs: 1, expiresAtMs: 2, rooms };
  const [result] = await again.lane({ op: "assert", round: "r1", sessions: [asserted], last: true });
  expect(data(result, "assert")).toEqual({ op: "assert", replaced: [], incarnations: [{ ref: ann, incarnation }] });
  expect(await ask("room.members", { namespace: "/", room: "doc:1" })).toMatchObject({ count: 1, stale: true });
  expect(await packets("room:roster")).toEqual([]);
  expect((await packets("presence:changed")).map(({ changes }) => changes[0].status)).toEqual(["active"]);
});

test("a backend patches what the room's contract declares, and nothing else", async () => {
  const loaded = checkSources([
    {
      file: "c.yaml",
      text: `
rollcall: 1
namespace: /
rooms:
  "doc:*": { state: { publish: true, keys: { title: { value: { type: string } } } } }
`,
    },
  ]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  await replica("presence-1", loaded.contracts);
  const patch = (room: string, ops: unknown[], namespace = "/") => ask("room.patch", { namespace, room, ops });
  expect(await patch("doc:1", [{ op: "set", key: "title", value: "x" }])).toMatchObject({ version: 1 });
  expect(await ask("room.state", { namespace: "/", room: "doc:1" })).toMatchObject({
    entries: [{ key: "title", value: "x" }],
  });
  await expect(patch("doc:1", [{ op: "set", key: "title", value: 5 }])).rejects.toMatchObject({
    code: "PAYLOAD_INVALID",
    details: { issues: [{ pointer: "/ops/0/value", keyword: "type" }] },
  });
  await expect(patch("doc:1", [{ op: "delete", key: "other" }])).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });
  await expect(patch("x:1", [{ op: "delete", key: "title" }])).rejects.toMatchObject({ code: "ROOM_UNKNOWN" });
  await expect(patch("doc:1", [{ op: "delete", key: "title" }], "/x")).rejects.toMatchObject({
    code: "NAMESPACE_UNKNOWN",
  });
});

test("a backend's event joins its room's history once, numbered, also when nobody is there", async () => {
  await replica();
  const edge = new FakeEdge(nc, install, "edge-1-a");
  const publish = (id: string) =>
    edge.ask("publish", {
      tenant: "main",
      namespace: "/",
      room: "repo:1",
      rules: { retainMs: 1_000, history: { size: 10, ttlMs: 60_000 } },
      event: "issue:opened",
      id,
      dataJson: '{"n":1}',
      metaJson: JSON.stringify({ id, ts: "2026-01-01T00:00:00.000Z", room: "repo:1" }),
    });
  expect([await publish("m1"), await publish("m2"), await publish("m1")]).toMatchObject([
    { id: "m1", seq: 1 },
    { id: "m2", seq: 2 },
    { id: "m1", seq: 1 },
  ]);
  expect((await packets("issue:opened")).length).toBe(2);
  expect(await ask("room.history", { namespace: "/", room: "repo:1" })).toMatchObject({ seq: 2 });
});

test("bad requests are refused with pointers", async () => {
  await replica();
  await expect(ask("presence.get", { users: "ann" })).rejects.toMatchObject({
    code: "PAYLOAD_INVALID",
    details: { issues: [{ pointer: "/users", keyword: "type" }] },
  });
  await expect(ask("room.members", {})).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });
});

test("[S1][S2] state and history: patches, conflicts, repeats, deltas on resume", async () => {
  await replica();
  const edge = new FakeEdge(nc, install, "edge-1-a");
  await edge.hello();
  const [ann, bob] = [ref("ann"), ref("bob")];
  const history = { size: 3, ttlMs: 60_000 };
  const kept = { retainMs: 60_000, history };
  const a = { ref: ann, incarnation: (await edge.open(ann)).incarnation, room: "doc:1", rules: kept };
  const b = { ref: bob, incarnation: (await edge.open(bob)).incarnation, room: "doc:1", rules: kept };
  await edge.lane({ op: "join", ...a, observe: false });
  const [, patched, conflict] = await edge.lane(
    { op: "join", ...b, observe: false },
    {
      op: "patch",
      ...a,
      id: "p1",
      ops: [
        { op: "set", key: "title", value: "x" },
        { op: "increment", key: "n", by: 2 },
      ],
    },
    { op: "patch", ...a, ops: [{ op: "set", key: "title", value: "y", if: { absent: true } }] },
  );
  const { epoch, version } = data(patched, "patch");
  expect(version).toBe(1);
  expect(conflict).toMatchObject({ ok: false, error: { code: "CONFLICT", details: { op: 0, version: 1 } } });
  const [again] = await edge.lane({ op: "patch", ...a, id: "p1", ops: [{ op: "delete", key: "title" }] });
  expect(data(again, "patch")).toMatchObject({ version: 1 });
  expect(await packets("room:state")).toEqual([
    {
      room: "doc:1",
      epoch,
      from: 0,
      to: 1,
      set: [
        { key: "title", value: "x", version: 1, by: "ann" },
        { key: "n", value: 2, version: 1, by: "ann" },
      ],
    },
  ]);
  const say = (n: number) => ({
    op: "publish" as const,
    ...a,
    event: "chat:said",
    id: `c${n}`,
    dataJson: JSON.stringify({ n }),
    metaJson: JSON.stringify({ id: `m${n}`, ts: "2026-01-01T00:00:00.000Z" }),
    history: true,
  });
  const said = await edge.lane(...[1, 2, 3, 4].map(say), say(4));
  expect(said.map((result) => data(result, "publish").seq)).toEqual([1, 2, 3, 4, 4]);
  expect((await packets("chat:said")).length).toBe(4);
  expect(await ask("room.history", { namespace: "/", room: "doc:1", limit: 2 })).toMatchObject({ seq: 4, next: 3 });
  expect(await ask("room.state", { namespace: "/", room: "doc:1" })).toMatchObject({
    version: 1,
    entries: [{ key: "n" }, { key: "title" }],
  });

  await edge.lane({ op: "patch", ...a, ops: [{ op: "delete", key: "n" }] });
  const [rejoined] = await edge.lane({
    op: "join",
    ...b,
    observe: false,
    have: { epoch, roster: 3, state: 1, history: 2 },
  });
  const { ack } = data(rejoined, "join");
  expect(ack).toMatchObject({
    resumed: true,
    roster: { version: 3, delta: { from: 3, to: 3 } },
    state: { version: 2, delta: { from: 1, to: 2, deleted: ["n"] } },
    history: {
      seq: 4,
      events: [
        ["chat:said", { n: 3 }, { seq: 3 }],
        ["chat:said", { n: 4 }, { seq: 4 }],
      ],
    },
  });
  const [gap] = await edge.lane({ op: "join", ...b, observe: false, have: { epoch, history: 0 } });
  expect(data(gap, "join").ack).toMatchObject({ resumed: false, history: { seq: 4 } });
});

test("[X3] revocation ends sessions, is remembered, and concerns older tokens only", async () => {
  await replica();
  const edge = new FakeEdge(nc, install, "edge-1-a");
  await edge.hello();
  const told: unknown[] = [];
  nc.subscribe(subjectsOf(install).edgesControl(), { callback: (_, message) => void told.push(message.json()) });
  const [ann, bob] = [ref("ann"), ref("bob")];
  const now = Date.now();
  const { incarnation } = await edge.open(ann, { issuedAtMs: now - 5_000 });
  await edge.lane({ op: "join", ref: ann, incarnation, room: "doc:1", rules, observe: false });
  expect(await ask("session.revoke", { user: "ann", room: "doc:1", reason: "moderated" })).toEqual({ revoked: 1 });
  const [refused, other] = await edge.lane(
    { op: "join", ref: ann, incarnation, room: "doc:1", rules, observe: false },
    { op: "join", ref: ann, incarnation, room: "doc:2", rules, observe: false },
  );
  expect(refused).toMatchObject({ ok: false, error: { code: "FORBIDDEN" } });
  expect(other).toMatchObject({ ok: true });
  const [newer] = await edge.lane({
    op: "join",
    ref: ann,
    incarnation,
    room: "doc:1",
    rules,
    observe: false,
    issuedAtMs: now + 5_000,
  });
  expect(newer, "a refreshed token").toMatchObject({ ok: true });
  expect(await ask("session.revoke", { user: "ann", session: ann.session, reason: "lost phone" })).toEqual({
    revoked: 1,
  });
  await edge.open(ann, { issuedAtMs: now - 5_000 });
  expect(await ask("session.revoke", { user: "ann", reason: "left the company" })).toEqual({ revoked: 1 });
  const opens = await edge.lane(
    { op: "open", ref: ann, issuedAtMs: now - 5_000, expiresAtMs: now },
    { op: "open", ref: ann, issuedAtMs: now + 5_000, expiresAtMs: now },
    { op: "open", ref: bob, issuedAtMs: now - 5_000, expiresAtMs: now },
  );
  expect(opens.map((result) => (result.ok ? "OK" : result.error.code))).toEqual(["AUTH_REVOKED", "OK", "OK"]);
  expect(
    await edge.ask("read", { read: "revocations", tenant: "main", user: "ann", namespace: "/", room: "doc:1" }),
  ).toEqual({
    userMs: expect.any(Number),
    roomMs: expect.any(Number),
  });
  await waitFor(() => told.length >= 3);
  expect(told).toContainEqual(expect.objectContaining({ kind: "revoked", user: "ann", room: "doc:1", namespace: "/" }));
  await expect(ask("session.revoke", { user: "ann", issuedBefore: "yesterday", reason: "x" })).rejects.toMatchObject({
    code: "PAYLOAD_INVALID",
  });
});

test("[X3][A1] what was revoked is not asserted again, and the edge that missed it is told", async () => {
  await replica();
  const edge = new FakeEdge(nc, install, "edge-1-a");
  await edge.hello();
  const issuedAtMs = Date.now() - 5_000;
  const asserted = (user: string, newerMs?: number) => ({
    ref: ref(user),
    incarnation: 1,
    issuedAtMs,
    expiresAtMs: issuedAtMs + 60_000,
    rooms: ["doc:1", "doc:2"].map((room) => ({
      room,
      observe: false,
      rules,
      ...(newerMs === undefined ? {} : { issuedAtMs: newerMs }),
    })),
  });
  await ask("session.revoke", { user: "ann", reason: "left the company" });
  for (const user of ["bob", "cem"]) await ask("session.revoke", { user, room: "doc:1", reason: "moderated" });
  const sessions = [asserted("ann"), asserted("bob"), asserted("cem", Date.now() + 5_000)];
  const assertion = edge.number({ op: "assert", round: "r", sessions, last: true });
  const first = await edge.send(assertion);
  expect(data(first.status === "OK" ? first.results[0] : undefined, "assert")).toEqual({
    op: "assert",
    replaced: [ref("ann")],
    revoked: [ref("ann")],
    removed: [{ ref: ref("bob"), room: "doc:1" }],
    incarnations: [
      { ref: ref("bob"), incarnation: 1 },
      { ref: ref("cem"), incarnation: 1 },
    ],
  });
  expect(await edge.send(assertion)).toEqual(first);
  expect(await ask("presence.list", {})).toMatchObject({ users: [{ user: "bob" }, { user: "cem" }] });
  expect(await ask("room.members", { namespace: "/", room: "doc:1" })).toMatchObject({ members: [{ user: "cem" }] });
});
