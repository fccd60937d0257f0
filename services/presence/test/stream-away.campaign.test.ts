/**
 * JetStream takes nothing while a busy cell goes on for ten minutes: what waits is bounded and counted, and when the
 * stream is back each transition is told once, in the order of its subject. (With NATS away as a whole nothing is asked
 * of presence, and little waits: `faults.campaign`.)
 */

import { loadavg } from "node:os";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { subjectsOf } from "@rollcall/contracts";
import { systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { presenceStream } from "../src/workers/stream.ts";
import { data, FakeEdge, type Replica, ref, startReplica } from "./replica.ts";
import { startServers } from "./servers.ts";

/** Ten minutes of 200 a second. */
const TRANSITIONS = 120_000;
const SESSIONS = 250;
const INSTALL = "away";
const OUTBOX = `{${INSTALL}:c0}:outbox`;
const rules = { retainMs: 3_600_000 };

const servers = startServers();
let replica: Replica;
beforeAll(async () => {
  // Made here: a replica that may make it would do so again.
  await (await jetstreamManager(servers.nc)).streams.add(presenceStream(subjectsOf(INSTALL)));
  const bounds = { leaseMs: 3_600_000 };
  replica = await startReplica({ ...servers.urls(), install: INSTALL, bounds, mode: "verify" });
});
afterAll(() => replica?.stop());

const waiting = () => servers.redis.xlen(OUTBOX);
const usedBytes = async () => Number(/^used_memory:(\d+)/m.exec(await servers.redis.info("memory"))?.[1]);
const metric = async (name: string) =>
  Number(new RegExp(`^${name}\\S* (\\S+)$`, "m").exec(await replica.metrics.render())?.[1] ?? Number.NaN);

/** Everybody joins a room and leaves it again, until so many transitions wait. */
async function churnUntil(count: number): Promise<void> {
  const edge = new FakeEdge(servers.nc, INSTALL, "edge-1-a");
  await edge.hello();
  const refs = Array.from({ length: SESSIONS }, (_, i) => ref(`user-${i}`));
  const opened = await edge.lane(
    ...refs.map((one) => ({ op: "open" as const, ref: one, issuedAtMs: 1, expiresAtMs: 2 })),
  );
  const sessions = opened.map((result, i) => ({ ref: refs[i]!, incarnation: data(result, "open").incarnation }));
  while ((await waiting()) < count) {
    const room = "doc:1";
    await edge.lane(...sessions.map((one) => ({ op: "join" as const, ...one, room, rules, observe: false })));
    await edge.lane(...sessions.map((one) => ({ op: "leave" as const, ...one, room, reason: "leave" as const })));
  }
}

/** Ids of all that the stream holds, by subject, in its order. */
async function told(): Promise<Map<string, string[]>> {
  const bySubject = new Map<string, string[]>();
  const stream = subjectsOf(INSTALL).presenceStream();
  const { state } = await (await jetstreamManager(servers.nc)).streams.info(stream);
  const consumer = await jetstream(servers.nc).consumers.get(stream);
  let left = state.messages;
  while (left > 0) {
    for await (const message of await consumer.fetch({ max_messages: Math.min(left, 1_000), expires: 30_000 })) {
      const ids = bySubject.get(message.subject) ?? [];
      bySubject.set(message.subject, ids);
      ids.push(message.headers!.get("Nats-Msg-Id"));
      left--;
    }
  }
  return bySubject;
}

test("[P13] ten minutes of transitions wait, are counted, and are told once each and in order when it is back", async () => {
  const subjects = subjectsOf(INSTALL);
  const jsm = await jetstreamManager(servers.nc);
  await waitFor(async () => (await waiting()) === 0, { what: "the epoch to be told" });
  const { config } = await jsm.streams.info(subjects.presenceStream());
  await jsm.streams.delete(subjects.presenceStream());
  const beforeBytes = await usedBytes();
  await churnUntil(TRANSITIONS);
  const count = await waiting();
  const bytesEach = ((await usedBytes()) - beforeBytes) / count;
  await waitFor(async () => (await metric("rollcall_outbox_entries")) === count, { what: "what waits to be counted" });
  expect(await metric("rollcall_outbox_dropped_total")).toBe(0);
  const committed = (await servers.redis.xrange(OUTBOX, "-", "+")).map(
    ([, fields]) => fields[fields.indexOf("id") + 1]!,
  );

  await jsm.streams.add({ ...config, name: subjects.presenceStream() });
  const startMs = systemClock.monotonic();
  await waitFor(async () => (await waiting()) === 0, { timeoutMs: 600_000, everyMs: 100, what: "all to be told" });
  const tookMs = systemClock.monotonic() - startMs;

  const bySubject = await told();
  const ids = [...bySubject.values()].flat();
  expect(ids.length).toBe(count);
  expect(new Set(ids)).toEqual(new Set(committed));
  const place = new Map(committed.map((id, i) => [id, i]));
  for (const subject of bySubject.values()) {
    const places = subject.map((id) => place.get(id)!);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  }
  const rate = (count * 1_000) / tookMs;
  console.log(
    `${count} transitions waited, ${bytesEach.toFixed(0)} bytes each; told in ${(tookMs / 1_000).toFixed(1)} s ` +
      `(${rate.toFixed(0)} a second), load ${loadavg()[0]!.toFixed(1)}`,
  );
}, 1_200_000);
