/** B11: how long Redis is held when somebody reads a large room. */

import type { Redis } from "ioredis";
import type { Bench, Contender } from "../harness/bench.ts";
import { LaneDriver, MAX_BATCH } from "../servers/lane-driver.ts";
import { startWorld, type World } from "../servers/world.ts";

const MEMBERS = 10_000;
const PAGE = 500;
const READS = 10;
const ROOM = "bench:large";

export const snapshot: Bench = {
  id: "B11",
  title: `Reading a room of ${MEMBERS.toLocaleString("en-US")} members`,
  method:
    `The whole room is read ${READS} times: by Rollcall in pages of ${PAGE} from presence, by stock with SMEMBERS, by centrifuge with its presence call. ` +
    "Times are Redis's own (SLOWLOG with a threshold of 0): the longest call is how long everybody else waits. Of each call the least time of the reads counts, since what else runs on the machine only adds.",
  contenders: ["rollcall", "stock", "centrifuge"],
  measures: [
    { name: "longest call of a read", unit: "us of Redis", goal: { atMost: 1_000 } },
    { name: "all calls of a read", unit: "us of Redis" },
    { name: "calls of a read", unit: "calls" },
  ],
  rounds: 3,
  order: "turns",
  async start(contender, { smoke }, stack) {
    const members = smoke ? 600 : MEMBERS;
    const world = await startWorld(contender, stack, { nodes: contender === "rollcall" ? 0 : 1 });
    const read = await readerOf(contender, world, members, stack);
    await read(); // whoever loads a script does it now
    return async (record) => {
      const reads: number[][] = [];
      for (let i = 0; i < (smoke ? 1 : READS); i++) reads.push(await callsOf(world.redis, read));
      const calls = leastOf(reads);
      record("longest call of a read", Math.max(...calls));
      record(
        "all calls of a read",
        calls.reduce((sum, us) => sum + us, 0),
      );
      record("calls of a read", calls.length);
    };
  },
};

async function readerOf(
  contender: Contender,
  world: World,
  members: number,
  stack: AsyncDisposableStack,
): Promise<() => Promise<void>> {
  if (contender === "rollcall") return rollcallReader(world, members, stack);
  if (contender === "centrifuge") {
    const url = world.baselines[0]!.internalUrl;
    await fetch(`${url}/fill?channel=${ROOM}&count=${members}`, { method: "POST" });
    return async () => {
      const found = Number(await (await fetch(`${url}/presence?channel=${ROOM}`)).text());
      if (found !== members) throw new Error(`centrifuge read ${found} of ${members} members`);
    };
  }
  const reading = world.redisServer.connect();
  stack.defer(() => reading.disconnect());
  const users = Array.from({ length: members }, (_, i) => `user-${i}`);
  for (let i = 0; i < members; i += PAGE) await reading.sadd(ROOM, users.slice(i, i + PAGE));
  return async () => {
    await reading.smembers(ROOM);
  };
}

async function rollcallReader(
  world: World,
  members: number,
  stack: AsyncDisposableStack,
): Promise<() => Promise<void>> {
  const nc = await world.nats!.connect();
  stack.defer(() => nc.close());
  const driver = stack.use(await LaneDriver.start(nc, world.cluster!.install, "driven"));
  await driver.open(members);
  for (let i = 0; i < members; i += MAX_BATCH) {
    await driver.lane(driver.sessions.slice(i, i + MAX_BATCH).map((session) => driver.join(session, ROOM)));
  }
  return async () => {
    const seen = new Set<string>();
    for (let cursor: string | undefined; ; ) {
      const at = cursor === undefined ? {} : { cursor };
      const ask = { read: "members", tenant: "main", namespace: "/", room: ROOM, limit: PAGE, ...at };
      const page = await driver.read<{ members: { user: string }[]; next?: string }>(ask);
      for (const { user } of page.members) seen.add(user);
      if (page.next === undefined) break;
      cursor = page.next;
    }
    if (seen.size !== members) throw new Error(`Rollcall read ${seen.size} of ${members} members`);
  };
}

/** Every read asks the same in the same order: of each call the least time that any read took. */
export function leastOf(reads: readonly (readonly number[])[]): number[] {
  const [first = []] = reads;
  if (reads.some(({ length }) => length !== first.length)) throw new Error("the reads differ in their calls");
  return first.map((_, call) => Math.min(...reads.map((read) => read[call]!)));
}

/** What servers ask of Redis; Redis also logs what scripts call within. */
const ASKED = /^(evalsha|smembers)$/i;

/** Microseconds of each call that names the room, in their order: not the servers' own heartbeats and waits. */
async function callsOf(redis: Redis, act: () => Promise<void>): Promise<number[]> {
  await redis.config("SET", "slowlog-max-len", "10000");
  await redis.config("SET", "slowlog-log-slower-than", "0");
  await redis.slowlog("RESET");
  await act();
  await redis.config("SET", "slowlog-log-slower-than", "-1");
  const entries = (await redis.slowlog("GET", "10000")) as [number, number, number, string[]][];
  const namesRoom = (part: string) => part.includes(ROOM) || part.includes(encodeURIComponent(ROOM));
  return entries
    .filter(([, , , [name = "", ...rest]]) => ASKED.test(name) && rest.some(namesRoom))
    .map(([, , us]) => us);
}
