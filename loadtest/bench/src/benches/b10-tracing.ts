/** B10: what tracing adds to a delivery, and what a collector that is ill does to it: nothing but cost spans. */

import { faultProxy, startSpanCollector } from "@rollcall/testkit";
import { Fleet } from "../fleet/fleet.ts";
import type { Bench } from "../harness/bench.ts";
import { rssBytes } from "../harness/usage.ts";
import { startWorld, type World } from "../servers/world.ts";
import { emitterOf, type Numbers } from "./emit.ts";
import { ROOM, usPerDelivery } from "./fan-out.ts";

const SOCKETS = 500;
const MESSAGES = { size: 1, everyMs: 20, count: 200 };
/** Of a share in a round. A multiple of the shares, so that each is first as often as last. */
const SLICES = 6;
/** Longer than spans wait for their export, which is the slice's own and not of the next. */
const SETTLE_MS = 500;
/** Of how many messages one belongs to a sampled trace. */
const SHARES = { off: 0, "1 %": 100, "100 %": 1 } as const;
type Share = keyof typeof SHARES;
/** More spans than the queue holds (8,192), to one socket in a room of its own. */
const FLOOD = { size: 200, everyMs: 20, count: 100 };
const FLOODED = "bench:flooded";

export const tracing: Bench = {
  id: "B10",
  title: "Tracing, per delivery",
  method:
    `As B1 with ${SOCKETS} sockets and a message every ${MESSAGES.everyMs} ms, ${MESSAGES.count} times, on one edge that exports its spans to a collector. ` +
    `None, one in a hundred, or all messages carry a sampled trace; a round gives each share ${SLICES} slices of ${MESSAGES.count / 5} messages and the ${SETTLE_MS} ms after them, in turns. ` +
    "Then, all of them sampled, the collector is hung (it takes connections and answers nothing) or away (it refuses them): " +
    `the p99 of arriving against that with a well one in the same round. Last, hung, ${(FLOOD.size * FLOOD.count).toLocaleString("en-US")} sampled messages to one socket: what is not exported is dropped and counted, and the memory of the process must not grow with it.`,
  contenders: ["rollcall"],
  measures: [
    { name: "delivery, off", unit: "us of CPU" },
    { name: "delivery, 1 %", unit: "us of CPU" },
    { name: "delivery, 100 %", unit: "us of CPU" },
    { name: "1 % to off", unit: "times", goal: { atMost: 1.02 } },
    { name: "100 % to off", unit: "times", goal: { atMost: 1.15 } },
    { name: "p99, collector well", unit: "ms" },
    { name: "p99, collector hung: more by", unit: "ms", goal: { atMost: 1 } },
    { name: "p99, collector away: more by", unit: "ms", goal: { atMost: 1 } },
    { name: "flood, hung: spans dropped and counted", unit: "spans", goal: { atLeast: 1 } },
    { name: "flood, hung: memory grown by", unit: "MiB", goal: { atMost: 64 } },
  ],
  rounds: 7,
  order: "turns",
  async start(contender, { smoke }, stack) {
    const collector = await startSpanCollector();
    stack.defer(() => collector.close());
    const way = stack.use(await faultProxy(collector.url));
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: way.url, TRACE_RATIO: "1" };
    const world = await startWorld(contender, stack, { env });
    const fleet = stack.use(await Fleet.start());
    const sockets = smoke ? 10 : SOCKETS;
    await fleet.connect(world.target(), await world.plans(sockets, () => [ROOM]));
    const numbers: Numbers = { next: 0 };
    const messages = smoke ? { ...MESSAGES, count: 3 } : MESSAGES;
    const slice = { ...messages, count: Math.ceil(messages.count / 5), settleMs: smoke ? 0 : SETTLE_MS };
    const emitters = Object.fromEntries(
      Object.entries(SHARES).map(([share, every]) => {
        let sent = 0;
        return [share, emitterOf(world, ROOM, { numbers, sampled: () => every > 0 && sent++ % every === 0 })];
      }),
    ) as Record<Share, (size: number) => Promise<void>>;
    const measure = (share: Share, burst = messages) => usPerDelivery(world, fleet, emitters[share], sockets, burst);
    const p99 = async () => {
      await measure("100 %");
      return (await fleet.tally()).p99Ms;
    };
    const single = stack.use(await Fleet.start());
    await single.connect(world.target(), await world.plans(1, () => [FLOODED], sockets));
    const flood = emitterOf(world, FLOODED, { sampled: () => true });
    await measure("100 %"); // warm
    return async (record) => {
      const shares = Object.keys(SHARES) as Share[];
      const us = { off: 0, "1 %": 0, "100 %": 0 };
      for (let i = 0; i < SLICES; i++) {
        for (const j of shares.keys()) {
          const share = shares[(i + j) % shares.length] as Share;
          us[share] += (await measure(share, slice)) / SLICES;
        }
      }
      for (const share of shares) record(`delivery, ${share}`, us[share]);
      if (us.off > 0) {
        record("1 % to off", us["1 %"] / us.off);
        record("100 % to off", us["100 %"] / us.off);
      } // else too short for the clock
      const well = await p99();
      record("p99, collector well", well);
      way.cut();
      record("p99, collector away: more by", (await p99()) - well);
      way.heal();
      way.halfOpen();
      record("p99, collector hung: more by", (await p99()) - well);
      const before = { dropped: await droppedSpans(world), rss: rssBytes(world.serverPid()) };
      await usPerDelivery(world, single, flood, 1, smoke ? { ...FLOOD, count: 3 } : FLOOD);
      record("flood, hung: memory grown by", (rssBytes(world.serverPid()) - before.rss) / 2 ** 20);
      record("flood, hung: spans dropped and counted", (await droppedSpans(world)) - before.dropped);
      way.heal();
    };
  },
};

async function droppedSpans(world: World): Promise<number> {
  const text = await world.cluster!.edges[0]!.metrics();
  const counts = text.matchAll(/^rollcall_spans_dropped_total\{[^}]*\} (\d+)/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
