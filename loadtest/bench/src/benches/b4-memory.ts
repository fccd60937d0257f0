/** B4: what a member and a session weigh in Redis. */

import type { Redis } from "ioredis";
import { Fleet } from "../fleet/fleet.ts";
import type { Bench } from "../harness/bench.ts";
import { startWorld } from "../servers/world.ts";

const CONNECTIONS = 5_000;
const SMALL = 50;

export const memory: Bench = {
  id: "B4",
  title: "Redis memory of members and sessions",
  method: `${CONNECTIONS} connections, each in one large room and in one of ${SMALL}. Bytes are \`MEMORY USAGE key SAMPLES 0\`, summed over all keys that name the room (or, for sessions, no room), divided by members.`,
  contenders: ["rollcall", "stock", "centrifuge"],
  measures: [
    {
      name: "member of one large room",
      unit: "bytes",
      goal: { atMost: 300 },
      stretch: { atMost: 200 },
    },
    { name: `member of rooms of ${SMALL}`, unit: "bytes", goal: { atMost: 156 }, stretch: { atMost: 120 } },
    { name: "session", unit: "bytes", goal: { atMost: 400 } },
  ],
  rounds: 1,
  order: "turns",
  remarks: [
    "Streams of bounded length (Rollcall's log and outbox, the stock adapter's stream) belong to no member and are left out.",
    "Stock's member is an entry of a set of names; centrifuge's holds the client's info; Rollcall's holds versions, so that a client that returns gets what changed. centrifuge keeps nothing per session in Redis.",
  ],
  async start(contender, { smoke, say }, outer) {
    const count = smoke ? 2 * SMALL : CONNECTIONS;
    if (contender === "centrifuge") await startWorld(contender, outer);
    return async (record) => {
      await using stack = new AsyncDisposableStack();
      const world = await startWorld(contender, stack);
      const fleet = stack.use(await Fleet.start());
      const rooms = (index: number) => ["bench:quiet-large", `bench:quiet-small-${Math.floor(index / SMALL)}`];
      await fleet.connect(world.target(), await world.plans(count, rooms));
      say(`${count} connected`);
      const bytes = await bytesBy(world.redis, (key) => /large|small-|user-|:u:/.exec(key)?.[0]);
      record("member of one large room", (bytes.get("large") ?? 0) / count);
      record(`member of rooms of ${SMALL}`, (bytes.get("small-") ?? 0) / count);
      // A key a connection of stock, one of Rollcall for all users of a tenant.
      const sessions = bytes.get("user-") ?? bytes.get(":u:");
      if (sessions !== undefined) record("session", sessions / count);
    };
  },
};

async function bytesBy(redis: Redis, groupOf: (key: string) => string | undefined): Promise<Map<string, number>> {
  const bytes = new Map<string, number>();
  for await (const keys of redis.scanStream({ count: 1_000 }) as AsyncIterable<string[]>) {
    const pipeline = redis.pipeline();
    for (const key of keys) pipeline.memory("USAGE", key, "SAMPLES", 0);
    for (const [i, [, size]] of ((await pipeline.exec()) ?? []).entries()) {
      const group = groupOf(keys[i]!);
      if (group !== undefined) bytes.set(group, (bytes.get(group) ?? 0) + Number(size));
    }
  }
  return bytes;
}
