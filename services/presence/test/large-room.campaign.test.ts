/** A room of 100,000 members: one more, one less, a page, an answer to a join. None holds Redis for long or is large. */

import { loadavg } from "node:os";
import type { LaneOp, SessionRef } from "@rollcall/contracts/internal";
import { afterAll, beforeAll, expect, test } from "vitest";
import { data, FakeEdge, type Replica, ref, startReplica } from "./replica.ts";
import { startServers } from "./servers.ts";

const MEMBERS = 100_000;
/** Small, so that a slow machine answers each in time. */
const BATCH = 50;
const ROOM = "doc:large";
const INSTALL = "large";
const REPEATS = 20;
const MAX_CALL_US = 1_000;
const MAX_MESSAGE_BYTES = 128 * 1024;

const servers = startServers();
let replica: Replica;
let edge: FakeEdge;
const sessions: { ref: SessionRef; incarnation: number }[] = [];
const rules = { retainMs: 0 };

beforeAll(async () => {
  replica = await startReplica({ ...servers.urls(), install: INSTALL, bounds: { leaseMs: 3_600_000 } });
  edge = new FakeEdge(servers.nc, INSTALL, "edge-1-a");
  await edge.hello();
  for (let i = 0; i < MEMBERS; i += BATCH) {
    const refs = Array.from({ length: BATCH }, (_, k) => ref(`user-${String(i + k).padStart(6, "0")}`));
    const opened = await edge.lane(
      ...refs.map((one) => ({ op: "open" as const, ref: one, issuedAtMs: 1, expiresAtMs: 2 })),
    );
    for (const [k, result] of opened.entries()) {
      sessions.push({ ref: refs[k]!, incarnation: data(result, "open").incarnation });
    }
    await edge.lane(...sessions.slice(-BATCH).map(joining));
  }
}, 1_800_000);
afterAll(() => replica?.stop());

type Unnumbered<T> = T extends unknown ? Omit<T, "n"> : never;
const joining = (one: (typeof sessions)[0]): Unnumbered<LaneOp> & { op: "join" } => ({
  op: "join",
  ...one,
  room: ROOM,
  rules,
  observe: false,
});
const page = (cursor?: string) =>
  edge.ask("read", { read: "members", tenant: "main", namespace: "/", room: ROOM, limit: 500, cursor });

/** What it asks of Redis at a time, at the least of the repeats: what else the machine does only adds. */
async function longestCallUs(act: () => Promise<unknown>): Promise<number> {
  const longest: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    await servers.redis.config("SET", "slowlog-log-slower-than", "0");
    await servers.redis.slowlog("RESET");
    await act();
    await servers.redis.config("SET", "slowlog-log-slower-than", "-1");
    const entries = (await servers.redis.slowlog("GET", "1000")) as [number, number, number, string[]][];
    const calls = entries.filter(([, , , [name = ""]]) => /^evalsha$/i.test(name)).map(([, , us]) => us);
    longest.push(Math.max(...calls));
  }
  return Math.min(...longest);
}

test("no call holds Redis for a millisecond, and no message has 128 KiB", async () => {
  const [last] = sessions.slice(-1) as [(typeof sessions)[0]];
  const sizes: Record<string, number> = {};
  const sized = (what: string, value: unknown) => {
    sizes[what] = Math.max(sizes[what] ?? 0, JSON.stringify(value).length);
  };
  const figures = {
    leaveAndJoinUs: await longestCallUs(async () => {
      await edge.lane({ op: "leave", ...last, room: ROOM, reason: "leave" });
      const [joined] = await edge.lane(joining(last));
      const { ack } = data(joined, "join");
      expect(ack).toMatchObject({ mode: "occupancy", count: MEMBERS });
      sized("ack of a join", ack);
    }),
    pageUs: await longestCallUs(async () => sized("page of 500 members", await page("user-050000"))),
    updateUs: await longestCallUs(async () => {
      await edge.lane({ op: "update", ...last, room: ROOM, info: { color: "red" } });
    }),
  };
  const log = await servers.redis.xrevrange(`{${INSTALL}:c0}:log:0`, "+", "-", "COUNT", 1_000);
  for (const [, fields] of log) sized("entry of the log", fields);
  console.log(JSON.stringify({ members: MEMBERS, ...figures, bytes: sizes, load: loadavg()[0] }));
  for (const [what, us] of Object.entries(figures)) expect(us, what).toBeLessThan(MAX_CALL_US);
  for (const [what, bytes] of Object.entries(sizes)) expect(bytes, what).toBeLessThan(MAX_MESSAGE_BYTES);
});

test("[P8] every member is on exactly one page", async () => {
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const { members, next } = (await page(cursor)) as { members: { user: string }[]; next?: string };
    for (const { user } of members) {
      expect(seen.has(user)).toBe(false);
      seen.add(user);
    }
    cursor = next;
  } while (cursor !== undefined);
  expect(seen.size).toBe(MEMBERS);
});
