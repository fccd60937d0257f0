/** B10: what tracing adds to a delivery. */

import { startSpanCollector } from "@rollcall/testkit";
import { Fleet } from "../fleet/fleet.ts";
import type { Bench } from "../harness/bench.ts";
import { startWorld } from "../servers/world.ts";
import { emitterOf, type Numbers } from "./emit.ts";
import { ROOM, usPerDelivery } from "./fan-out.ts";

const SOCKETS = 500;
const MESSAGES = { size: 1, everyMs: 20, count: 200 };
/** Of how many messages one belongs to a sampled trace. */
const SHARES = { off: 0, "1 %": 100, "100 %": 1 } as const;
type Share = keyof typeof SHARES;

export const tracing: Bench = {
  id: "B10",
  title: "Tracing, per delivery",
  method:
    `As B1 with ${SOCKETS} sockets and a message every ${MESSAGES.everyMs} ms, ${MESSAGES.count} times, on one edge that exports its spans to a collector. ` +
    "None, one in a hundred, or all messages carry a sampled trace; the shares take turns within a round.",
  contenders: ["rollcall"],
  measures: [
    { name: "delivery, off", unit: "us of CPU" },
    { name: "delivery, 1 %", unit: "us of CPU" },
    { name: "delivery, 100 %", unit: "us of CPU" },
    { name: "1 % to off", unit: "times", goal: { atMost: 1.02 } },
    { name: "100 % to off", unit: "times", goal: { atMost: 1.15 } },
  ],
  rounds: 7,
  order: "turns",
  async start(contender, { smoke }, stack) {
    const collector = await startSpanCollector();
    stack.defer(() => collector.close());
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TRACE_RATIO: "1" };
    const world = await startWorld(contender, stack, { env });
    const fleet = stack.use(await Fleet.start());
    const sockets = smoke ? 10 : SOCKETS;
    await fleet.connect(world.target(), await world.plans(sockets, () => [ROOM]));
    const numbers: Numbers = { next: 0 };
    const messages = smoke ? { ...MESSAGES, count: 3 } : MESSAGES;
    const measure = (share: Share) => {
      const every = SHARES[share];
      const emit = emitterOf(world, ROOM, { numbers, sampled: (n) => every > 0 && n % every === 0 });
      return usPerDelivery(world, fleet, emit, sockets, messages);
    };
    await measure("100 %"); // warm
    return async (record) => {
      const us = { off: 0, "1 %": 0, "100 %": 0 };
      for (const share of Object.keys(SHARES) as Share[]) {
        us[share] = await measure(share);
        record(`delivery, ${share}`, us[share]);
      }
      if (us.off === 0) return; // too short for the clock
      record("1 % to off", us["1 %"] / us.off);
      record("100 % to off", us["100 %"] / us.off);
    };
  },
};
