/** B3: what it costs Redis that connections stay. */

import { systemClock } from "@rollcall/runtime";
import { Fleet } from "../fleet/fleet.ts";
import type { Bench, Contender } from "../harness/bench.ts";
import { redisUsage } from "../harness/usage.ts";
import { startWorld, type World } from "../servers/world.ts";

const CONNECTIONS = 2_000;
const ROOM_COUNT = 10;
/** Of the nine further ones. */
const ROOM_SIZE = 50;
/** Whole periods of whoever refreshes: 10 s (stock), 27 s (centrifuge), 30 s (an edge's digest). */
const WINDOW_MS: Record<Contender, number> = { rollcall: 60_000, stock: 60_000, ws: 60_000, centrifuge: 54_000 };
/** What connecting left behind has passed. */
const SETTLE_MS = 5_000;

export const heartbeats: Bench = {
  id: "B3",
  title: "Redis CPU of connections that stay",
  method:
    `${CONNECTIONS.toLocaleString("en-US")} idle connections to one server process, all in one room, then each in ${ROOM_COUNT - 1} more of ${ROOM_SIZE}. ` +
    "CPU is Redis's own account (`used_cpu_user` + `used_cpu_sys`) over a minute (54 s for centrifuge: two of its periods); the same servers without connections are measured first and taken off.",
  contenders: ["rollcall", "stock", "centrifuge"],
  measures: [
    { name: "1 room", unit: "us per connection-minute", goal: { atMost: 5 }, stretch: { atMost: 1 } },
    { name: "10 rooms", unit: "us per connection-minute", goal: { atMost: 5 }, stretch: { atMost: 1 } },
    { name: "servers without connections", unit: "ms of Redis per minute" },
  ],
  rounds: 3,
  order: "together",
  remarks: [
    "Rollcall's cost without connections is its sweep, its leases and its log; it does not grow with connections.",
  ],
  async start(contender, { smoke, say }, outer) {
    const count = smoke ? 20 : CONNECTIONS;
    const windowMs = smoke ? 300 : WINDOW_MS[contender];
    // What can be missing is found before the first round.
    if (contender === "centrifuge") await startWorld(contender, outer);
    return async (record) => {
      await using stack = new AsyncDisposableStack();
      const world = await startWorld(contender, stack);
      const fleet = stack.use(await Fleet.start());
      await systemClock.sleep(smoke ? 0 : SETTLE_MS);
      const baseUs = await usPerMinute(world, windowMs);
      record("servers without connections", baseUs / 1_000);
      await fleet.connect(world.target(), await world.plans(count, () => ["bench:quiet-0"]));
      say(`${count} connected`);
      await systemClock.sleep(smoke ? 0 : SETTLE_MS);
      record("1 room", ((await usPerMinute(world, windowMs)) - baseUs) / count);
      await fleet.join(Array.from({ length: count }, (_, i) => furtherRooms(i)));
      say(`${count} in ${ROOM_COUNT} rooms each`);
      await systemClock.sleep(smoke ? 0 : SETTLE_MS);
      record("10 rooms", ((await usPerMinute(world, windowMs)) - baseUs) / count);
      const { closed } = await fleet.tally();
      if (closed > 0) throw new Error(`${closed} connections were lost`);
    };
  },
};

const furtherRooms = (index: number): string[] =>
  Array.from({ length: ROOM_COUNT - 1 }, (_, i) => `bench:quiet-${i}-${Math.floor(index / ROOM_SIZE)}`);

async function usPerMinute({ redis }: World, windowMs: number): Promise<number> {
  const before = await redisUsage(redis);
  await systemClock.sleep(windowMs);
  const after = await redisUsage(redis);
  return ((after.cpuUs - before.cpuUs) * 60_000) / windowMs;
}
