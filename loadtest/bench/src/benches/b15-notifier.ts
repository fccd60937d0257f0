/** B15: what an event costs the notifier and Redis, and how many a second reach clients in time. */

import { systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import type { Redis } from "ioredis";
import { Fleet } from "../fleet/fleet.ts";
import { monotonicMs } from "../fleet/monotonic.ts";
import type { Bench } from "../harness/bench.ts";
import { type Publisher, startPublisher } from "../servers/publisher.ts";
import { startWorld } from "../servers/world.ts";
import { drain } from "./backlog.ts";
import { TEXT } from "./emit.ts";

/** Nothing makes way while it is weighed. */
const UNBOUNDED = { INBOX_SIZE: "100000", LOG_MAX_LEN: "1000000" };
/** Of rooms with one client each, and of users: events to different ones go side by side. */
const LANES = 50;
const BACKLOG = 20_000;
const RATES = [250, 500, 1_000, 1_500, 2_000, 3_000, 4_000];
const RATE_MS = 4_000;
const TICK_MS = 5;
const IN_TIME_MS = 100;
const CROWD = 10_000;
const CROWD_ROOM = 50;
const CROWD_EVENTS = 400;
const CROWD_EVERY_MS = 20;

const KINDS = [
  { event: "told", name: "room event", dataOf: (n: number) => ({ room: `lane-${n % LANES}`, text: TEXT }) },
  { event: "owed", name: "durable event", dataOf: (n: number) => ({ user: `user-${n % LANES}`, text: TEXT }) },
] as const;

export const notifier: Bench = {
  id: "B15",
  title: "The notifier: what an event costs, and how soon it arrives",
  method:
    `Events of 150 bytes, to ${LANES} rooms with one client each, and durable ones to the inboxes of those ${LANES} users. ` +
    `Cost: a backlog of ${BACKLOG.toLocaleString("en-US")} is drained. In time: each of ${RATES.join(", ")} a second for ${RATE_MS / 1_000} s, until 1 % arrive later than ${IN_TIME_MS} ms; 0: at none of them. ` +
    "Bytes: `MEMORY USAGE key SAMPLES 0` of all keys, the log's by entry. " +
    `Then ${CROWD.toLocaleString("en-US")} sockets in rooms of ${CROWD_ROOM}, and an event to one of the rooms every ${CROWD_EVERY_MS} ms, ${CROWD_EVENTS} times.`,
  contenders: ["rollcall"],
  measures: [
    ...KINDS.flatMap(({ name }) => [
      { name: `${name}: CPU of the notifier`, unit: "us" },
      { name: `${name}s, drained`, unit: "/s" },
      { name: `${name}s in time`, unit: "/s" },
    ]),
    { name: "room event: log entry and marker", unit: "bytes" },
    { name: "durable event: ledger and inbox", unit: "bytes" },
    { name: "durable event: log entry and marker", unit: "bytes" },
    { name: "event p50 at 10k sockets", unit: "ms" },
    { name: "event p99 at 10k sockets", unit: "ms" },
  ],
  rounds: 1,
  order: "turns",
  remarks: [
    "One notifier process, so one core at most: a million divided by its CPU is what a core takes. Everything else is on the same machine.",
    "The log is bounded (`LOG_MAX_LEN`), markers last ten minutes, inboxes and ledger as long as the event's ttl and seven days.",
  ],
  async start(contender, { smoke, say }, stack) {
    return async (record) => {
      const world = await startWorld(contender, stack, { notifiers: 1, env: UNBOUNDED });
      const publisher = await startPublisher(world);
      stack.defer(() => publisher.close());
      const fleet = stack.use(await Fleet.start());
      await fleet.connect(world.target(), await world.plans(LANES, (n) => [`bench:lane-${n}`]));
      const backlog = smoke ? 100 : BACKLOG;
      for (const { event, name, dataOf } of KINDS) {
        const before = await bytesOf(world.redis);
        const drained = await drain(world, publisher, backlog, () => publisher.fill(event, backlog, dataOf));
        record(`${name}: CPU of the notifier`, drained.cpuUsPerEvent);
        record(`${name}s, drained`, drained.perSecond);
        const after = await bytesOf(world.redis);
        record(`${name}: log entry and marker`, (after.sent - before.sent) / backlog);
        if (event === "owed") record(`${name}: ledger and inbox`, (after.kept - before.kept) / backlog);
        say(`${name}: ${Math.round(drained.perSecond)}/s drained`);
        const arrive = (rate: number) => arrivals(fleet, publisher, event, dataOf, rate, smoke ? 200 : RATE_MS);
        record(`${name}s in time`, await highest(smoke ? [20] : RATES, arrive, say));
      }
      await fleet.drop();

      const crowd = smoke ? CROWD_ROOM : CROWD;
      const rooms = crowd / CROWD_ROOM;
      await fleet.connect(world.target(), await world.plans(crowd, (n) => [`bench:crowd-${n % rooms}`], LANES));
      say(`${crowd} connected`);
      const { events } = await fleet.tally({ reset: true });
      const count = smoke ? 5 : CROWD_EVENTS;
      for (let n = 0; n < count; n++) {
        publisher.tell("told", { room: `crowd-${n % rooms}`, text: TEXT });
        await systemClock.sleep(CROWD_EVERY_MS);
      }
      const expected = events + count * CROWD_ROOM;
      await waitFor(async () => (await fleet.tally()).events >= expected, { timeoutMs: 60_000, everyMs: 100 });
      const { p50Ms, p99Ms } = await fleet.tally();
      record("event p50 at 10k sockets", p50Ms);
      record("event p99 at 10k sockets", p99Ms);
    };
  },
};

async function highest(
  rates: readonly number[],
  arrive: (rate: number) => Promise<number>,
  say: (text: string) => void,
): Promise<number> {
  let best = 0;
  for (const rate of rates) {
    const p99Ms = await arrive(rate);
    say(`${rate}/s: p99 ${p99Ms.toFixed(0)} ms`);
    if (p99Ms > IN_TIME_MS) break;
    best = rate;
  }
  return best;
}

/** The 99th percentile of arrivals at an even rate. */
async function arrivals(
  fleet: Fleet,
  publisher: Publisher,
  event: string,
  dataOf: (n: number) => object,
  rate: number,
  forMs: number,
): Promise<number> {
  const { events } = await fleet.tally({ reset: true });
  const startMs = monotonicMs();
  let sent = 0;
  for (let tookMs = 0; tookMs < forMs; tookMs = monotonicMs() - startMs) {
    for (const due = Math.ceil((tookMs * rate) / 1_000); sent < due; sent++) publisher.tell(event, dataOf(sent));
    await systemClock.sleep(TICK_MS);
  }
  await waitFor(async () => (await fleet.tally()).events >= events + sent, { timeoutMs: 120_000, everyMs: 100 });
  return (await fleet.tally()).p99Ms;
}

/** `sent`: the log and the markers of what was emitted; `kept`: inboxes, records, timers. */
async function bytesOf(redis: Redis): Promise<{ sent: number; kept: number }> {
  const bytes = { sent: 0, kept: 0 };
  for await (const keys of redis.scanStream({ count: 1_000 }) as AsyncIterable<string[]>) {
    const pipeline = redis.pipeline();
    for (const key of keys) pipeline.memory("USAGE", key, "SAMPLES", 0);
    for (const [i, [, size]] of ((await pipeline.exec()) ?? []).entries()) {
      if (/:(log|emitted):/.test(keys[i]!)) bytes.sent += Number(size);
      else if (/:(inbox|event|origin)[:-]/.test(keys[i]!)) bytes.kept += Number(size);
    }
  }
  return bytes;
}
