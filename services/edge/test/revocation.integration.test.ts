import { connect as connectNats, type NatsConnection } from "@nats-io/transport-node";
import { subjectsOf } from "@rollcall/contracts";
import { request, systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startWorld, type World } from "./harness.ts";

let world: World;
let nats: NatsConnection;
beforeAll(async () => {
  world = await startWorld({ edges: 2 });
  nats = await connectNats({ servers: world.nats.url });
});
afterAll(async () => {
  await nats.close();
  await world[Symbol.asyncDispose]();
});

const revoke = (body: Record<string, unknown>) =>
  request<{ revoked: number }>(
    nats,
    subjectsOf(world.install).request("main", "session.revoke"),
    { reason: "test", ...body },
    { timeoutMs: 5_000 },
  );
/** A busy presence may learn of a session after its client was let in. */
const known = (user: string, sessions: number) =>
  waitFor(async () => {
    const subject = subjectsOf(world.install).request("main", "presence.sessions");
    const reply = await request<{ sessions: unknown[] }>(nats, subject, { user }, { timeoutMs: 5_000 });
    return reply.sessions.length === sessions;
  });
/** A token issued in the next second: not covered by what was revoked up to now. */
const later = () => ({ claims: { iat: Math.floor(systemClock.now() / 1_000) + 1 } });

it("[X3] a revoked user is disconnected on every edge, stays out with that token, and comes in with a newer one", async () => {
  const ann = await world.user(0, "ann");
  const two = await world.user(1, "ann");
  const bob = await world.user(1, "bob");
  await bob.call("presence:watch", { users: ["ann"] });
  const old = await world.keys.token({ user: "ann" });
  await known("ann", 2);
  expect((await revoke({ user: "ann" })).revoked).toBe(2);
  for (const one of [ann, two]) {
    expect((await one.waitForEvent("session:revoked")).payload).toEqual({ reason: "revoked" });
    await waitFor(() => one.disconnects.includes("io server disconnect"));
  }
  await bob.waitForEvent("presence:changed", ({ payload }) =>
    (payload as { changes: { status: string }[] }).changes.some(({ status }) => status === "offline"),
  );
  // The session id it had does not help: revocation is read at every connect.
  const { session } = await ann.ready();
  ann.socket.auth = { token: old, session };
  ann.socket.connect();
  await waitFor(() => ann.connectErrors.length > 0);
  expect(ann.connectErrors[0]!.message).toBe("AUTH_REVOKED");
  expect(bob.socket.connected).toBe(true);
  const again = await world.user(0, "ann", later());
  expect(await again.emitAck("session:refresh", { token: old })).toMatchObject({ error: { code: "AUTH_REVOKED" } });
  const grant = await world.keys.token({ user: "ann", claims: { iat: Math.floor(systemClock.now() / 1_000) - 100 } });
  expect(await again.emitAck("room:join", { room: "doc:1", grant })).toMatchObject({ error: { code: "AUTH_REVOKED" } });
  expect(await again.emitAck("room:join", { room: "doc:1" })).toMatchObject({ ok: true });
});

it("[X3] a revoked room is left and closed to the tokens of before; others are untouched; a restart forgets nothing", async () => {
  const cem = await world.user(0, "cem");
  for (const room of ["doc:1", "doc:2"]) await cem.call("room:join", { room });
  expect((await revoke({ user: "cem", room: "doc:1" })).revoked).toBe(1);
  expect((await cem.waitForEvent("room:removed")).payload).toEqual({ room: "doc:1", reason: "revoked" });
  await world.presence!.restart();
  await waitFor(async () => {
    const ack = await cem.emitAck("room:join", { room: "doc:1" });
    return !ack.ok && ack.error.code === "FORBIDDEN";
  });
  await waitFor(async () => (await cem.emitAck("room:members", { room: "doc:2" })).ok);
});

it("[X3][P2] a session whose token was refreshed outlives a revocation of older tokens", async () => {
  const second = Math.floor(systemClock.now() / 1_000);
  const eve = await world.user(0, "eve", { claims: { iat: second - 100 } });
  await eve.call("session:refresh", { token: await world.keys.token({ user: "eve" }) });
  // What it says next, presence hears after the refresh.
  await eve.call("room:join", { room: "doc:3" });
  expect(await revoke({ user: "eve", issuedBefore: second - 50 })).toEqual({ revoked: 0 });
  expect(await eve.emitAck("room:members", { room: "doc:3" })).toMatchObject({ ok: true, data: { count: 1 } });
});

it("[X3] revoking a session ends it and forbids nothing", async () => {
  const dia = await world.user(1, "dia");
  const { session } = await dia.ready();
  await known("dia", 1);
  expect((await revoke({ user: "dia", session })).revoked).toBe(1);
  await dia.waitForEvent("session:revoked");
  const again = await world.user(0, "dia", { session });
  expect(again.eventsOf("session:ready")[0]!.payload).toMatchObject({ resumed: false });
});
