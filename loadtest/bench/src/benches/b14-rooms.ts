/** B14: what a member of a room waits for, and what it is sent when the room is written to all the time. */

import { systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { Fleet } from "../fleet/fleet.ts";
import { connectClient, type LoadClient } from "../fleet/load-client.ts";
import { monotonicMs } from "../fleet/monotonic.ts";
import type { Bench, Record } from "../harness/bench.ts";
import { quantile } from "../harness/stats.ts";
import { startWorld, type World } from "../servers/world.ts";

const ROOMS = 1_000;
const MEMBERS = 20;
const ROOMS_EACH = 50;
const JOINS = 300;
const PATCHES = 300;
const PATCH_EVERY_MS = 10;
const WRITERS = 4;
const ONLOOKERS = 10;
const WRITE_RATE = 1_000;
const WRITE_TICK_MS = 10;
const WRITE_MS = 5_000;
const BUSY = "bench:busy";

export const rooms: Bench = {
  id: "B14",
  title: "Rooms: joining, writing, and being told",
  method:
    `${ROOMS.toLocaleString("en-US")} rooms of ${MEMBERS} members each. A client joins and leaves ${JOINS} of them, one after the other: until the answer with the snapshot. ` +
    `A member patches the state of a room ${PATCHES} times, one every ${PATCH_EVERY_MS} ms: until another member reads it. ` +
    `${WRITERS} members write ${WRITE_RATE.toLocaleString("en-US")} patches a second to one room for ${WRITE_MS / 1_000} s: how many messages each of ${ONLOOKERS} others gets a second; all of them end with the last version.`,
  contenders: ["rollcall"],
  measures: [
    { name: "join p50", unit: "ms" },
    { name: "join p99", unit: "ms" },
    { name: "patch visible p50", unit: "ms" },
    { name: "patch visible p99", unit: "ms" },
    { name: "patches written", unit: "/s" },
    { name: "messages per client", unit: "/s", goal: { atMost: 20 } },
  ],
  rounds: 3,
  order: "turns",
  async start(contender, { smoke, say }, stack) {
    const world = await startWorld(contender, stack);
    const fleet = stack.use(await Fleet.start());
    const count = smoke ? 5 : ROOMS;
    const each = Math.min(ROOMS_EACH, count);
    // Client i is in the rooms from i x each on, round and round: every room gets as many.
    const members = smoke ? 4 : (ROOMS * MEMBERS) / each;
    const roomsOf = (i: number) => Array.from({ length: each }, (_, k) => `bench:room-${(i * each + k) % count}`);
    await fleet.connect(world.target(), await world.plans(members, roomsOf));
    say(`${members} clients in ${each} rooms each`);
    const heard = Array.from({ length: ONLOOKERS }, () => ({ messages: 0, to: 0, at: 0 }));
    const onlookers = await connect(world, stack, ONLOOKERS, members, (i, data) => {
      if (!data.includes('"room:state"')) return;
      const one = heard[i]!;
      one.messages++;
      one.to = Number(/"to":(\d+)/.exec(data.toString())?.[1]);
      one.at = monotonicMs();
    });
    const writers = await connect(world, stack, WRITERS, members + ONLOOKERS);
    for (const client of [...onlookers, ...writers]) await client.join(BUSY);

    return async (record: Record) => {
      const [writer] = writers as [LoadClient];
      const joins: number[] = [];
      for (let i = 0; i < (smoke ? 3 : JOINS); i++) {
        const room = `bench:room-${(i * 7) % count}`;
        const startMs = monotonicMs();
        await writer.join(room);
        joins.push(monotonicMs() - startMs);
        await writer.leave(room);
      }
      record("join p50", quantile(joins, 0.5));
      record("join p99", quantile(joins, 0.99));

      const seen: number[] = [];
      for (let i = 0; i < (smoke ? 3 : PATCHES); i++) {
        const before = heard[0]!.to;
        const startMs = monotonicMs();
        await patch(writer, i);
        await waitFor(() => heard[0]!.to > before, { everyMs: 1, timeoutMs: 10_000, what: "the diff" });
        seen.push(heard[0]!.at - startMs);
        await systemClock.sleep(PATCH_EVERY_MS);
      }
      record("patch visible p50", quantile(seen, 0.5));
      record("patch visible p99", quantile(seen, 0.99));

      for (const one of heard) one.messages = 0;
      const { versions, tookMs } = await write(writers, smoke ? 200 : WRITE_MS);
      const last = Math.max(...versions);
      await waitFor(() => heard.every(({ to }) => to >= last), {
        timeoutMs: 30_000,
        what: `version ${last} everywhere`,
      });
      record("patches written", (versions.length / tookMs) * 1_000);
      record("messages per client", (Math.max(...heard.map(({ messages }) => messages)) / tookMs) * 1_000);
    };
  },
};

function connect(
  world: World,
  stack: AsyncDisposableStack,
  count: number,
  firstIndex: number,
  event?: (i: number, data: Buffer) => void,
): Promise<LoadClient[]> {
  return world
    .plans(count, () => [], firstIndex)
    .then((plans) =>
      Promise.all(
        plans.map(async (plan, i) => {
          const hears = event === undefined ? {} : { event: (data: Buffer) => event(i, data) };
          const client = await connectClient({ ...world.target(), ...plan, ...hears });
          stack.defer(() => client.drop());
          return client;
        }),
      ),
    );
}

/** The version it made. */
async function patch(client: LoadClient, n: number): Promise<number> {
  const ops = [{ op: "set", key: `note:${n % 20}`, value: { n } }];
  const answer = await client.ask("state:patch", { room: BUSY, ops });
  return Number(/"version":(\d+)/.exec(answer)?.[1]);
}

/** At an even rate, whatever the answers do; what a busy machine refuses was not written. */
async function write(writers: readonly LoadClient[], forMs: number): Promise<{ versions: number[]; tookMs: number }> {
  const startMs = monotonicMs();
  const answers: Promise<number>[] = [];
  for (;;) {
    const tookMs = monotonicMs() - startMs;
    if (tookMs >= forMs) return { versions: (await Promise.all(answers)).filter((version) => version > 0), tookMs };
    const due = Math.ceil((tookMs * WRITE_RATE) / 1_000);
    while (answers.length < due) {
      answers.push(patch(writers[answers.length % writers.length]!, answers.length).catch(() => 0));
    }
    await systemClock.sleep(WRITE_TICK_MS);
  }
}
