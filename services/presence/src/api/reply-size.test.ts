import type { LaneOp, LaneRequest, RoomRules, SessionRef } from "@rollcall/contracts/internal";
import { ManualClock } from "@rollcall/runtime";
import { expect, test } from "vitest";
import { data } from "../../test/replica.ts";
import { twinWorld } from "../../test/worlds.ts";
import { Doors, MAX_LANE_OPS } from "./doors.ts";
import { fitsReply, MAX_REPLY_BYTES, withinReply } from "./reply-size.ts";

const rules: RoomRules = { retainMs: 60_000, history: { size: 10, ttlMs: 60_000 } };
const ROOM = "doc:1";
const ref = (i: number): SessionRef => ({
  tenant: "main",
  namespace: "/",
  user: `u${i}`,
  session: `session-${i}-0123456789`,
});

type Body = LaneOp extends infer O ? (O extends unknown ? Omit<O, "n"> : never) : never;

/** So many sessions, opened in one batch. */
async function crowd(size: number) {
  const world = twinWorld();
  await world.at(Date.UTC(2026, 0, 1));
  const doors = new Doors({
    store: world.store,
    revocations: {
      ask: async (questions) => questions.map(() => ({ userMs: undefined, roomMs: undefined })),
      record: async () => 0,
    },
    clock: new ManualClock(),
    control() {},
    repaired() {},
  });
  await doors.hello({ edge: "e1" });
  let n = 0;
  const send = async (bodies: Body[]) => {
    const ops = bodies.map((body) => ({ ...body, n: ++n })) as LaneRequest["ops"];
    const reply = await doors.lane({ edge: "e1", ops });
    if (reply.status !== "OK") throw new Error(reply.status);
    return reply.results;
  };
  const all = Array.from({ length: size }, (_, i) => ref(i));
  const opened = await send(all.map((one) => ({ op: "open", ref: one, issuedAtMs: 1, expiresAtMs: 2 })));
  const sessions = opened.map((result, i) => {
    return { ref: all[i]!, incarnation: data(result, "open").incarnation, room: ROOM, rules };
  });
  return { world, send, sessions };
}

test("[X1] a batch of joins of a room with large items is answered within what NATS takes", async () => {
  const { world, send, sessions } = await crowd(MAX_LANE_OPS);
  const join = (one: (typeof sessions)[0]): Body => ({ op: "join", ...one, observe: false, last: 1 });
  const who = sessions[0]!;
  await send([
    join(who),
    { op: "patch", ...who, ops: [{ op: "set", key: "a", value: "x".repeat(8_000) }] },
    {
      op: "publish",
      ...who,
      event: "chat:said",
      dataJson: JSON.stringify("y".repeat(16_000)),
      metaJson: "{}",
      history: true,
    },
  ]);
  const results = await send(sessions.map(join));
  expect(Buffer.byteLength(JSON.stringify(results))).toBeLessThanOrEqual(MAX_REPLY_BYTES);
  const refused = results.filter((result) => !result.ok);
  for (const result of refused) expect(result).toMatchObject({ error: { code: "UNAVAILABLE", retryAfterMs: 200 } });
  expect(results.length - refused.length).toBeGreaterThan(30);
  expect((await world.store.room({ tenant: "main", namespace: "/", room: ROOM }, { after: "", limit: 1 })).count).toBe(
    500,
  );
});

test("joins of a storm that are small together are answered whole", async () => {
  const { send, sessions } = await crowd(100);
  const words = Array.from({ length: 5 }, (_, i): Body => {
    const said = { event: "chat:said", dataJson: JSON.stringify("y".repeat(1_000)), metaJson: JSON.stringify({ i }) };
    return { op: "publish", ...sessions[0]!, ...said, history: true };
  });
  const join = (one: (typeof sessions)[0]): Body => ({ op: "join", ...one, observe: false });
  const [first] = await send(sessions.map(join));
  const { ack } = data(first, "join");
  await send(words);
  const have = { epoch: ack.epoch, roster: sessions.length + 1, state: 0, history: 0 };
  const results = await send(sessions.map((one) => ({ ...join(one), have }) as Body));
  for (const result of results) {
    const { history } = data(result, "join").ack;
    expect([history.events?.length, history.next]).toEqual([5, undefined]);
  }
});

test("[X1] so is one of sessions that come back to many rooms", () => {
  const rooms = Array.from({ length: 100 }, (_, i) => `doc:${i}`.padEnd(128, "x"));
  const opened = Array.from({ length: MAX_LANE_OPS }, (_, n) => ({
    n,
    ok: true as const,
    data: { op: "open" as const, incarnation: 1, resumed: true, rooms },
  }));
  expect([fitsReply(opened), fitsReply(opened.slice(0, 50))]).toEqual([false, true]);
  const results = withinReply(opened);
  expect(Buffer.byteLength(JSON.stringify(results))).toBeLessThanOrEqual(MAX_REPLY_BYTES);
  expect(results.filter(({ ok }) => ok).length).toBeGreaterThan(50);
  expect(results.map(({ n }) => n)).toEqual(opened.map(({ n }) => n));
});
