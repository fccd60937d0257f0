/**
 * Every secret of a running cluster is replaced, with people connected: who signs tokens, and who each service is to Redis
 * and NATS. No process is restarted, nobody's connection ends.
 */

import { deepEqual, equal } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { jetstream } from "@nats-io/jetstream";
import { subjectsOf } from "@rollcall/contracts";
import { devKeys, type TestClient, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, test } from "vitest";
import { INSTALL, type Locked, PATIENCE_MS, startLocked } from "./locked.ts";

/** A key ring asks once in half a minute at most. */
const PATIENCE = { timeoutMs: 90_000, everyMs: 200 };
const room = "doc:plan";
const FALLBACKS = subjectsOf(INSTALL).fallbackAll();

let locked: Locked;
let people: TestClient[];
let pids: number[];
beforeAll(async () => {
  locked = await startLocked();
  people = await Promise.all([0, 1].map((edge) => locked.cluster.client(edge, { user: `user-${edge}` })));
  for (const one of people) {
    await one.ready();
    await one.call("room:join", { room });
  }
  pids = locked.cluster.services.map(({ pid }) => pid);
});
afterAll(() => locked[Symbol.asyncDispose]());

/** Something through every connection that a service has: relays, state, the bus, the inbox, the queues of fallbacks. */
async function worksFor(generation: string): Promise<void> {
  const [a, b] = people as [TestClient, TestClient];
  const text = `hello ${generation}`;
  const isIn = (payload: unknown) => JSON.stringify(payload).includes(text);
  const backend = await locked.bus("backend");
  const notices: string[] = [];
  backend.subscribe(FALLBACKS, { callback: (_, message) => void notices.push(message.string()) });
  await backend.flush();
  const events = jetstream(await locked.bus("publisher"), { timeout: PATIENCE_MS });
  const ship = (customer: string) => events.publish("events.main.orders.shipped", JSON.stringify({ customer, text }));
  await ship("nobody-here");

  await waitFor(async () => (await a.emitAck("chat:said", { room, data: { text } })).ok, PATIENCE);
  await b.waitForEvent("chat:said", ({ payload }) => isIn(payload), PATIENCE.timeoutMs);
  await waitFor(async () => (await a.emitAck("inbox:sync", {})).ok, PATIENCE);
  await ship("user-0");
  await a.waitForEvent("order:shipped", ({ payload }) => isIn(payload), PATIENCE.timeoutMs);
  await waitFor(() => notices.some((notice) => notice.includes("nobody-here") && isIn(notice)), {
    ...PATIENCE,
    what: "the fallback for who is not there",
  });
}
const nothingEnded = () => {
  deepEqual(
    people.map(({ disconnects }) => disconnects),
    [[], []],
  );
  deepEqual(
    locked.cluster.services.map(({ pid }) => pid),
    pids,
  );
};

test("before: everything works", () => worksFor("first"));

test("Redis and NATS: each service reconnects as who its file says, and goes on", async () => {
  await locked.rotate("-second");
  await worksFor("second");
  await locked.rotate("-third");
  await worksFor("third");
  nothingEnded();
});

test("the keys that sign tokens: a new one serves, the old one until its tokens have ended", async () => {
  const { keys } = locked.cluster;
  const next = await devKeys();
  writeFileSync(keys.jwksFile, JSON.stringify(next.jwks));
  const claims = { iss: keys.issuer, aud: keys.audience };
  const token = await next.token({ user: "late", claims });
  await waitFor(async () => {
    const one = await locked.cluster.client(0, { user: "late" }, { auth: { token } });
    const ok = await one.ready(5_000).then(
      () => true,
      () => false,
    );
    await one.close();
    return ok;
  }, PATIENCE);
  const old = await locked.cluster.client(0, { user: "early" });
  equal((await old.ready()).user, "early");
  nothingEnded();
});
