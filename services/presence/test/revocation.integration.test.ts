/** Revocations on real servers: whom they end, whom they keep out, and whom they do not concern. */

import { subjectsOf } from "@rollcall/contracts";
import { waitFor } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { data, FakeEdge, ref } from "./replica.ts";
import { replicaScene } from "./replica-scene.ts";

const scene = replicaScene();
const { replica, ask } = scene;
const rules = { retainMs: 0 };

test("[X3] revocation ends sessions, is remembered, and concerns older tokens only", async () => {
  await replica();
  const edge = new FakeEdge(scene.servers.nc, scene.install, "edge-1-a");
  await edge.hello();
  const told: unknown[] = [];
  scene.servers.nc.subscribe(subjectsOf(scene.install).edgesControl(), {
    callback: (_, message) => void told.push(message.json()),
  });
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
  const edge = new FakeEdge(scene.servers.nc, scene.install, "edge-1-a");
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

test("[X3] a store that lost what was revoked is told again, and who came in meanwhile goes", async () => {
  await replica();
  const edge = new FakeEdge(scene.servers.nc, scene.install, "edge-1-a");
  await edge.hello();
  const issuedAtMs = Date.now() - 5_000;
  const open = async (user: string) => {
    const [opened] = await edge.lane({ op: "open", ref: ref(user), issuedAtMs, expiresAtMs: issuedAtMs + 60_000 });
    return opened!.ok ? "OK" : opened!.error.code;
  };
  await ask("session.revoke", { user: "ann", reason: "left the company" });
  await ask("session.revoke", { user: "bob", room: "doc:1", reason: "moderated" });
  const { redis } = scene.servers;
  const lost = async () => redis.del(...(await redis.keys(`{${scene.install}:c0}:revo*`)));

  expect(await lost()).toBe(3);
  expect(await open("ann")).toBe("AUTH_REVOKED");
  expect(
    await edge.ask("read", { read: "revocations", tenant: "main", user: "bob", namespace: "/", room: "doc:1" }),
  ).toMatchObject({ roomMs: expect.any(Number) });

  await lost();
  const told: unknown[] = [];
  scene.servers.nc.subscribe(subjectsOf(scene.install).edgesControl(), {
    callback: (_, message) => void told.push(message.json()),
  });
  expect(await open("bob")).toBe("OK");
  await waitFor(() => told.length >= 2);
  expect(told).toEqual([
    { kind: "revoked", tenant: "main", user: "ann", issuedBeforeMs: expect.any(Number) },
    { kind: "revoked", tenant: "main", user: "bob", namespace: "/", room: "doc:1", issuedBeforeMs: expect.any(Number) },
  ]);
});
