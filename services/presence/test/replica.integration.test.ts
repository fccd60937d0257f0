/** A replica on real servers: an edge's protocol in, the log, the PRESENCE stream and the requests out. */

import { jetstream } from "@nats-io/jetstream";
import { subjectsOf } from "@rollcall/contracts";
import { waitFor } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { data, FakeEdge, ref } from "./replica.ts";
import { replicaScene } from "./replica-scene.ts";

const scene = replicaScene();
const { replica, ask, log, packets } = scene;
const rules = { retainMs: 0 };

test("a session joins, is read by backends, leaves; log and PRESENCE tell the same story", async () => {
  await replica();
  const edge = new FakeEdge(scene.servers.nc, scene.install, "edge-1-a");
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

  const consumer = await jetstream(scene.servers.nc).consumers.get(`${scene.install.toUpperCase()}_PRESENCE`);
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
  const edge = new FakeEdge(scene.servers.nc, scene.install, "edge-1-a");
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
  const [a, b] = [
    new FakeEdge(scene.servers.nc, scene.install, "edge-1-a"),
    new FakeEdge(scene.servers.nc, scene.install, "edge-2-b"),
  ];
  await Promise.all([a.hello(), b.hello()]);
  const ann = ref("ann");
  const { incarnation } = await a.open(ann);
  await a.lane({ op: "join", ref: ann, incarnation, room: "doc:1", rules, observe: false });
  const before = await log();
  const told: unknown[] = [];
  const control = scene.servers.nc.subscribe(subjectsOf(scene.install).edgeControl(a.id), {
    callback: (_, m) => void told.push(m.json()),
  });
  await scene.servers.nc.flush();
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
  await Promise.all(
    ["presence-1", "presence-2"].map((name) => replica({ instance: name, bounds: { leaseMs: 3_000 } })),
  );
  const edges = ["edge-1-a", "edge-2-b", "edge-3-c"].map((id) => new FakeEdge(scene.servers.nc, scene.install, id));
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
  const edge = new FakeEdge(scene.servers.nc, scene.install, "edge-1-a");
  const before = await edge.hello();
  const ann = ref("ann");
  const { incarnation } = await edge.open(ann);
  await edge.lane({ op: "join", ref: ann, incarnation, room: "doc:1", rules, observe: false });
  await scene.servers.redis.flushall();
  const lease = await edge.lease();
  expect(lease.status).toBe("UNKNOWN_EDGE");
  expect(Number(lease.epoch)).toBeGreaterThan(Number(before.epoch));
  expect(lease.brake).toBe(true);
  const again = new FakeEdge(scene.servers.nc, scene.install, "edge-1-b");
  await again.hello();
  const rooms = [{ room: "doc:1", observe: false, rules }];
  const asserted = { ref: ann, incarnation, issuedAtMs: 1, expiresAtMs: 2, rooms };
  const [result] = await again.lane({ op: "assert", round: "r1", sessions: [asserted], last: true });
  expect(data(result, "assert")).toEqual({ op: "assert", replaced: [], incarnations: [{ ref: ann, incarnation }] });
  expect(await ask("room.members", { namespace: "/", room: "doc:1" })).toMatchObject({ count: 1, stale: true });
  expect(await packets("room:roster")).toEqual([]);
  expect((await packets("presence:changed")).map(({ changes }) => changes[0].status)).toEqual(["active"]);
});

test("bad requests are refused with pointers", async () => {
  await replica();
  await expect(ask("presence.get", { users: "ann" })).rejects.toMatchObject({
    code: "PAYLOAD_INVALID",
    details: { issues: [{ pointer: "/users", keyword: "type" }] },
  });
  await expect(ask("room.members", {})).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });
  const ops = Array.from({ length: 13 }, (_, i) => ({ op: "set", key: `k${i}`, value: "x".repeat(8_000) }));
  const patch = { namespace: "/", room: "doc:1", ops };
  await expect(ask("room.patch", patch)).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
});
