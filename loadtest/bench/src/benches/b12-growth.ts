/** B12: whether what one thing costs stays the same when there are more of them. */

import { Fleet } from "../fleet/fleet.ts";
import type { Bench } from "../harness/bench.ts";
import { startWorld } from "../servers/world.ts";
import { emitterOf } from "./emit.ts";
import { ROOM, usPerDelivery } from "./fan-out.ts";
import { churn, gather } from "./transitions.ts";

const STEPS = [1, 4, 16] as const;
const SOCKETS = 250;
const SESSIONS = 500;
const EDGES = 4;
const DURATION_MS = 5_000;
const MESSAGES = { size: 1, everyMs: 50, count: 40 };
/** Less is noise. */
const FLAT = 1.15;

const steps = (unit: (step: number) => string) => STEPS.map((step) => unit(step));
const fanOutAt = (step: number) => `delivery, ${(SOCKETS * step).toLocaleString("en-US")} sockets`;
const transitionAt = (step: number) => `transition, ${(SESSIONS * step).toLocaleString("en-US")} sessions`;
const edgesAt = (step: number) => `transition, ${step} edge(s)`;

export const growth: Bench = {
  id: "B12",
  title: "Cost per unit at 1, 4 and 16 times the size",
  method:
    "A delivery as in B1, microseconds of the edge; a join or leave as in B5, microseconds of presence and Redis together, " +
    `by sessions in rooms of 50 (on ${EDGES} edges), and by edges (${SESSIONS * EDGES} sessions in all). Each size starts afresh. \`16x to 1x\` is flat when it does not exceed ${FLAT}.`,
  contenders: ["rollcall"],
  measures: [
    ...steps(fanOutAt).map((name) => ({ name, unit: "us of CPU" })),
    { name: "delivery, 16x to 1x", unit: "times", goal: { atMost: FLAT } },
    ...steps(transitionAt).map((name) => ({ name, unit: "us of CPU" })),
    { name: "transition by sessions, 16x to 1x", unit: "times", goal: { atMost: FLAT } },
    ...steps(edgesAt).map((name) => ({ name, unit: "us of CPU" })),
    { name: "transition by edges, 16x to 1x", unit: "times", goal: { atMost: FLAT } },
  ],
  rounds: 3,
  order: "turns",
  async start(contender, { smoke, say }) {
    const fanOut = async (step: number): Promise<number> => {
      await using stack = new AsyncDisposableStack();
      const world = await startWorld(contender, stack);
      const fleet = stack.use(await Fleet.start());
      const sockets = (smoke ? 5 : SOCKETS) * step;
      await fleet.connect(world.target(), await world.plans(sockets, () => [ROOM]));
      const emit = emitterOf(world, ROOM);
      const messages = smoke ? { ...MESSAGES, count: 2 } : MESSAGES;
      await usPerDelivery(world, fleet, emit, sockets, { ...messages, count: 2 }); // warm
      return await usPerDelivery(world, fleet, emit, sockets, messages); // before the world is gone
    };
    const transition = async (edges: number, sessions: number): Promise<number> => {
      await using stack = new AsyncDisposableStack();
      const world = await startWorld(contender, stack, { nodes: 0 });
      const crowd = await gather(world, stack, edges, Math.ceil((smoke ? sessions / 20 : sessions) / edges));
      const durationMs = smoke ? 50 : DURATION_MS;
      await churn(crowd, durationMs / 5); // warm
      const { presenceUs, redisUs } = await churn(crowd, durationMs);
      return presenceUs + redisUs;
    };
    return async (record) => {
      const series = async (
        name: string,
        nameAt: (step: number) => string,
        cost: (step: number) => Promise<number>,
      ) => {
        const costs: number[] = [];
        for (const step of STEPS) {
          costs.push(await cost(step));
          say(`${nameAt(step)}: ${costs.at(-1)!.toFixed(1)} us`);
          record(nameAt(step), costs.at(-1)!);
        }
        record(`${name}, 16x to 1x`, costs.at(-1)! / costs[0]!);
      };
      await series("delivery", fanOutAt, fanOut);
      await series("transition by sessions", transitionAt, (step) => transition(EDGES, SESSIONS * step));
      await series("transition by edges", edgesAt, (step) => transition(step, SESSIONS * EDGES));
    };
  },
};
