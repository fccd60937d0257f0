/** All that presence says to backends, once: every request it answers, every type of the PRESENCE stream, by its contract. */

import { jetstream } from "@nats-io/jetstream";
import { checkSources, PRESENCE_EVENTS, REQUESTS, type RequestName } from "@rollcall/contracts";
import { ask, checkPresenceEvent, startNats, startRedis } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { data, FakeEdge, ref, startReplica } from "./replica.ts";

const CONTRACT = `
rollcall: 1
namespace: /
rooms:
  "doc:*": { info: {}, state: { publish: true, keys: { title: { value: { type: string } } } } }
`;
const install = "surface";
const room = "doc:1";
const rules = { retainMs: 60_000, publishState: true, history: { size: 10, ttlMs: 60_000 } };

test("every answer and every published transition is what its contract declares, and nothing more", async () => {
  const loaded = checkSources([{ file: "c.yaml", text: CONTRACT }]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  await using redis = await startRedis();
  await using nats = await startNats();
  const { contracts } = loaded;
  const bounds = { leaseMs: 60_000 };
  const replica = await startReplica({ redisUrl: redis.url, natsUrl: nats.url, install, contracts, bounds });
  const nc = await nats.connect();
  const edge = new FakeEdge(nc, install, "edge-1-a");
  await edge.hello();
  const ann = ref("ann");
  const presence = { status: "busy", info: { mood: 1 } } as const;
  const { incarnation } = await edge.open(ann, { name: "Ann", client: "app/1", presence });
  const a = { ref: ann, incarnation, room, rules };
  const metaJson = JSON.stringify({ id: "m1", ts: "2026-01-01T00:00:00.000Z", room });
  const results = await edge.lane(
    { op: "join", ...a, observe: false, info: { x: 1 } },
    { op: "publish", ...a, event: "chat:said", id: "c1", dataJson: "1", metaJson, history: true },
    { op: "set", ref: ann, incarnation, status: "away" },
  );
  data(results[0], "join");

  const asked = new Set<RequestName>();
  const of = async (name: RequestName, body: Record<string, unknown>) => {
    asked.add(name);
    return ask(nc, name, body, { install });
  };
  const title = { op: "set", key: "title", value: "x", ttlMs: 60_000 };
  await of("room.patch", { namespace: "/", room, ops: [title] });
  expect(await of("presence.get", { users: ["ann", "nobody"] })).toMatchObject({ users: [{ visible: true }, {}] });
  expect(await of("presence.list", { limit: 1 })).toMatchObject({ count: 1 });
  expect(await of("presence.sessions", { user: "ann" })).toMatchObject({ sessions: [{ client: "app/1" }] });
  expect(await of("presence.explain", { user: "ann" })).toMatchObject({ online: true });
  expect(await of("presence.explain", { user: "nobody" })).toMatchObject({ online: false });
  expect(await of("room.list", { namespace: "/" })).toMatchObject({ rooms: [{ room }] });
  expect(await of("room.members", { namespace: "/", room })).toMatchObject({ members: [{ info: { x: 1 } }] });
  expect(await of("room.state", { namespace: "/", room })).toMatchObject({ entries: [{ key: "title" }] });
  expect(await of("room.history", { namespace: "/", room })).toMatchObject({ events: [["chat:said", 1, {}]] });

  for (const name of ["room.members", "room.state", "room.history"] as const) {
    await expect(of(name, { namespace: "/", room: "none:1" })).rejects.toMatchObject({ code: "ROOM_UNKNOWN" });
    await expect(of(name, { namespace: "/none", room })).rejects.toMatchObject({ code: "NAMESPACE_UNKNOWN" });
  }
  await expect(of("room.list", { namespace: "/none" })).rejects.toMatchObject({ code: "NAMESPACE_UNKNOWN" });

  const published: string[] = [];
  const consumer = await jetstream(nc).consumers.get(`${install.toUpperCase()}_PRESENCE`);
  const untilPublished = async (type: string) => {
    while (!published.includes(type)) {
      const message = await consumer.next({ expires: 5_000 });
      if (message === null) throw new Error(`no ${type} came; there were ${published.join(" ")}`);
      checkPresenceEvent(message);
      published.push(message.headers!.get("ce-type"));
    }
  };
  // Merged, at most once a second: it comes by itself.
  await untilPublished("rollcall.room.state");
  expect(await of("session.revoke", { user: "ann", reason: "test" })).toEqual({ revoked: 1 });
  await untilPublished("rollcall.user.offline");
  await untilPublished("rollcall.room.vacated");
  expect([...new Set(published)].toSorted()).toEqual(Object.keys(PRESENCE_EVENTS).toSorted());
  const answered = Object.entries(REQUESTS).filter(([, { answeredBy }]) => answeredBy === "presence");
  expect([...asked].toSorted()).toEqual(answered.map(([name]) => name).toSorted());

  await nc.close();
  await replica.stop();
});
