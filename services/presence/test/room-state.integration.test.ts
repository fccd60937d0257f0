/** State and history of rooms on real servers, as edges and backends write and read them. */

import { checkSources } from "@rollcall/contracts";
import { expect, test } from "vitest";
import { data, FakeEdge, ref } from "./replica.ts";
import { replicaScene } from "./replica-scene.ts";

const scene = replicaScene();
const { replica, ask, packets } = scene;

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
  await replica({ contracts: loaded.contracts });
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
  const edge = new FakeEdge(scene.servers.nc, scene.install, "edge-1-a");
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

test("[S1][S2] state and history: patches, conflicts, repeats, deltas on resume", async () => {
  await replica();
  const edge = new FakeEdge(scene.servers.nc, scene.install, "edge-1-a");
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
