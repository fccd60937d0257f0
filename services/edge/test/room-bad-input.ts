/** What clients may send about rooms and must not: each is a code of the catalogue or the right result, and nothing is lost. */

import type { JoinAck } from "@rollcall/contracts";
import { type TestClient, waitFor } from "@rollcall/testkit";
import { expect, it } from "vitest";
import type { World } from "./harness.ts";

const ROOM = "doc:bad";
const set = (key: string, value: unknown, more: object = {}) => ({ op: "set", key, value, ...more });
const patch = (...ops: unknown[]): [string, unknown] => ["state:patch", { room: ROOM, ops }];
const have = (more: object): [string, unknown] => ["room:join", { room: ROOM, have: { epoch: "$epoch", ...more } }];
const deep = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`) as unknown;

const REFUSED: [what: string, request: [string, unknown], code: string][] = [
  ["a negative version", have({ state: -1 }), "PAYLOAD_INVALID"],
  ["a version that is no integer", have({ roster: 1.5 }), "PAYLOAD_INVALID"],
  ["a version beyond 2^53", have({ history: 2 ** 53 }), "PAYLOAD_INVALID"],
  ["a version as text", have({ state: "1" }), "PAYLOAD_INVALID"],
  ["last above 200", ["room:join", { room: ROOM, last: 201 }], "PAYLOAD_INVALID"],
  ["no operation", patch(), "PAYLOAD_INVALID"],
  ["65 operations", patch(...Array.from({ length: 65 }, () => set("count", 1))), "PAYLOAD_INVALID"],
  ["an unknown operation", patch({ op: "append", key: "count", value: 1 }), "PAYLOAD_INVALID"],
  ["an empty key", patch(set("", 1)), "PAYLOAD_INVALID"],
  ["a key of 129 characters", patch(set(`cursor:${"k".repeat(122)}`, {})), "PAYLOAD_INVALID"],
  ["a key named __proto__", patch(set("__proto__", {})), "PAYLOAD_INVALID"],
  ["a key named constructor", patch(set("constructor", {})), "PAYLOAD_INVALID"],
  ["a value one byte over its contract", patch(set("title", "x".repeat(101))), "PAYLOAD_INVALID"],
  ["a value one byte over 8 KiB", patch(set("cursor:me", { pad: "x".repeat(8_192 - 9) })), "LIMIT_EXCEEDED"],
  ["a deep value", patch(set("cursor:me", { deep: deep(500) })), "PAYLOAD_INVALID"],
  ["a value that is missing", patch({ op: "set", key: "title" }), "PAYLOAD_INVALID"],
  ["an increment by a fraction", patch({ op: "increment", key: "count", by: 0.5 }), "PAYLOAD_INVALID"],
  ["an increment by text", patch({ op: "increment", key: "count", by: "1" }), "PAYLOAD_INVALID"],
  ["an increment beyond 2^53-1", patch({ op: "increment", key: "count", by: Number.MAX_SAFE_INTEGER }), "CONFLICT"],
  ["an increment of a text", patch({ op: "increment", key: "title", by: 1 }), "CONFLICT"],
  ["an increment of a key that would hold objects", patch({ op: "increment", key: "cursor:new", by: 1 }), "CONFLICT"],
  ["a sum below the key's minimum", patch({ op: "increment", key: "count", by: -2 }), "CONFLICT"],
  ["a condition on a negative version", patch(set("count", 1, { if: { version: -1 } })), "PAYLOAD_INVALID"],
  ["a condition on a future version", patch(set("count", 1, { if: { version: 999 } })), "CONFLICT"],
  ["a time to live of 0", patch(set("count", 1, { ttlMs: 0 })), "PAYLOAD_INVALID"],
  ["a patch without membership", ["state:patch", { room: "doc:out", ops: [set("count", 1)] }], "NOT_A_MEMBER"],
  ["a key that another session has bound", patch(set("cursor:other", { mine: true })), "FORBIDDEN"],
  ["the deletion of such a key", patch({ op: "delete", key: "cursor:other" }), "FORBIDDEN"],
  ["an empty cursor", ["room:members", { room: ROOM, cursor: "" }], "PAYLOAD_INVALID"],
  ["a page of 501", ["room:members", { room: ROOM, limit: 501 }], "PAYLOAD_INVALID"],
];

/** One member who tries all of it, and another who sees that nothing came of it. */
export function roomBadInput(world: () => World): void {
  let members: Promise<[TestClient, TestClient]> | undefined;
  const both = () =>
    (members ??= (async () => {
      const [me, other] = [await world().user(0, "me"), await world().user(0, "other")];
      for (const one of [me, other]) await one.call("room:join", { room: ROOM });
      await me.call(...patch(set("title", "kept"), set("count", 1)));
      await other.call(...patch(set("cursor:other", { x: 1 })));
      return [me, other];
    })());
  const stateOf = (client: TestClient) => client.call("state:get", { room: ROOM });

  it.each(REFUSED)("%s is refused and changes nothing", async (_what, [event, payload], code) => {
    const [me, other] = await both();
    const before = await stateOf(other);
    const { epoch } = before as { epoch: string };
    const sent = JSON.parse(JSON.stringify(payload).replace("$epoch", epoch)) as unknown;
    expect(await me.emitAck(event, sent)).toMatchObject({ ok: false, error: { code } });
    expect(await stateOf(other)).toEqual(before);
    expect(me.socket.connected).toBe(true);
  });

  it.each<[string, object]>([
    ["in the future", { roster: 9_999, state: 9_999, history: 9_999 }],
    ["of another epoch", { epoch: "1.1", roster: 1, state: 1, history: 0 }],
    ["of an epoch that is none", { epoch: "{}*>", roster: 1 }],
  ])("[P8] versions %s get the whole", async (_what, more) => {
    const [me] = await both();
    const { epoch } = await me.call<JoinAck>("room:join", { room: ROOM });
    const ack = await me.call<JoinAck>("room:join", { room: ROOM, have: { epoch, ...more } });
    expect(ack).toMatchObject({ epoch, resumed: false, count: 2 });
    expect(ack.roster.members?.map(({ user }) => user)).toEqual(["me", "other"]);
    if ("state" in more)
      expect(ack.state.entries?.map(({ key }) => key).toSorted()).toEqual(["count", "cursor:other", "title"]);
  });

  it("a cursor of another room gives nothing of that room", async () => {
    const [me, other] = await both();
    for (const one of [me, other]) await one.call("room:join", { room: "doc:two" });
    const { next } = await me.call<{ next?: string }>("room:members", { room: "doc:two", limit: 1 });
    const page = await me.call<{ members: { user: string }[] }>("room:members", { room: ROOM, cursor: next });
    expect(page.members.map(({ user }) => user)).toEqual(["other"]); // a cursor is a place in the order of names
  });

  it("[P5] [P8] 100 joins in a tick, and joining and leaving without end, come to what was said last", async () => {
    const [me, other] = await both();
    const joins = await Promise.all(Array.from({ length: 100 }, () => me.emitAck("room:join", { room: ROOM })));
    // Some may be too many at once; none is anything but a join or told to come later.
    for (const ack of joins) expect(ack.ok || ack.error.retryable, JSON.stringify(ack)).toBe(true);
    const roster = () => other.call<{ members: { user: string }[]; version: number }>("room:members", { room: ROOM });
    expect((await roster()).members.map(({ user }) => user)).toEqual(["me", "other"]);

    for (let i = 0; i < 20; i++) {
      await Promise.all([me.emitAck("room:leave", { room: ROOM }), me.emitAck("room:join", { room: ROOM })]);
    }
    await waitFor(async () => (await me.emitAck("room:join", { room: ROOM })).ok, { timeoutMs: 15_000 });
    const now = await roster();
    expect(now.members.map(({ user }) => user)).toEqual(["me", "other"]);
    await waitFor(() =>
      other.eventsOf("room:roster").some(({ payload }) => (payload as { to: number }).to === now.version),
    );
    const diffs = other
      .eventsOf("room:roster")
      .map(({ payload }) => payload as { room: string; from: number; to: number });
    const own = diffs.filter(({ room }) => room === ROOM);
    for (const [i, diff] of own.entries()) if (i > 0) expect(diff.from).toBe(own[i - 1]!.to);
  });
}
