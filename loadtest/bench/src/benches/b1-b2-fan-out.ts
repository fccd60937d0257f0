/** B1 and B2: what a delivery costs the server, one message at a time and twenty at once. */

import { Fleet } from "../fleet/fleet.ts";
import type { Bench, Goal } from "../harness/bench.ts";
import { startWorld } from "../servers/world.ts";
import { emitterOf } from "./emit.ts";
import { BURSTS, ROOM, usPerDelivery } from "./fan-out.ts";

const SOCKETS = 2_000;
const MEASURE = "delivery";

function fanOut(id: keyof typeof BURSTS, title: string, goals: { goal: Goal; stretch: Goal }): Bench {
  const bursts = BURSTS[id];
  return {
    id,
    title,
    method:
      `One room of ${SOCKETS.toLocaleString("en-US")} sockets on one server process; ${bursts.size} message(s) of about 200 bytes every ${bursts.everyMs} ms, ${bursts.count} times. ` +
      "CPU is that of the server process alone (`/proc/PID/stat`). Rollcall is a whole edge with sessions and its contract check, not the fan-out package alone. A message lost or out of order fails the run.",
    contenders: ["rollcall", "stock", "ws", "centrifuge"],
    measures: [{ name: MEASURE, unit: "us of CPU", ...goals }],
    rounds: 5,
    order: "turns",
    async start(contender, { smoke, say }, stack) {
      const world = await startWorld(contender, stack);
      const fleet = stack.use(await Fleet.start());
      const sockets = smoke ? 10 : SOCKETS;
      await fleet.connect(world.target(), await world.plans(sockets, () => [ROOM]));
      say(`${sockets} connected`);
      const emit = emitterOf(world, ROOM);
      const size = smoke ? { ...bursts, everyMs: 10, count: 2 } : bursts;
      await usPerDelivery(world, fleet, emit, sockets, { ...size, count: 2 }); // warm
      return async (record) => record(MEASURE, await usPerDelivery(world, fleet, emit, sockets, size));
    },
  };
}

export const oneMessage = fanOut("B1", "CPU per delivery, one message at a time", {
  goal: { timesBaseline: 0.62 },
  stretch: { timesBaseline: 0.57 },
});

export const burst = fanOut("B2", "CPU per delivery, 20 messages at once", {
  goal: { timesBaseline: 0.14 },
  stretch: { timesBaseline: 0.11 },
});
