/** B13: what each work costs, and whether their sum is what other mixtures of them cost. */

import { type Costs, type Cpu, cpuOf, type Part, type Traffic, WORKS, type Work, workOf } from "@rollcall/capacity";
import { systemClock } from "@rollcall/runtime";
import type { Bench } from "../harness/bench.ts";
import { type Capacity, openCapacity } from "./capacity.ts";

const WINDOW_MS = 10_000;
const MOST_EDGES = 3;
const CLIENTS = 1_000;
const COMERS = 500;
const JOINS = 4;
const COUNT = 3_000;
const AT_MOST_PERCENT = 30;
const CHECKED = ["edges", "presence", "redis", "nats"] as const;

/** Not used to fit anything: other numbers of edges, sizes of rooms and mixtures. */
const POINTS: readonly (Traffic & { name: string; edges: number })[] = [
  { name: "small rooms", edges: 2, users: 1_200, rooms: 1, roomSize: 20, relays: 150, events: 50, connects: 0 },
  {
    name: "large rooms and churn",
    edges: 1,
    users: 1_500,
    rooms: 2,
    roomSize: 150,
    relays: 20,
    events: 10,
    connects: 10,
  },
];

/** Entries that concern nobody, at a rate at which many are read together. */
const STREAM = { edges: 2, perSecond: 2_000 };

export const capacity: Bench = {
  id: "B13",
  title: "Costs of each work, and of mixtures by adding them up",
  method:
    "CPU of every part (edges, presence, notifier, Redis, NATS) for one kind of work at a time, piece by piece, at one edge and at " +
    `${MOST_EDGES}; these are the costs that \`./rollcall plan\` adds up. Then mixtures that were not used for it, ${WINDOW_MS / 1_000} s each: ` +
    `${POINTS.map(({ name, edges, users, roomSize, relays, events, connects }) => `${name} (${edges} edge(s), ${users.toLocaleString("en-US")} clients in rooms of ${roomSize}, ${relays} messages and ${events} events a second, ${connects} clients a second come and go)`).join(", ")}; and ${STREAM.perSecond.toLocaleString("en-US")} entries a second that concern nobody. ` +
    "The error is how far the sum is from what was measured, of the CPU of edges, presence, Redis and NATS together.",
  contenders: ["rollcall"],
  measures: [
    ...Object.keys(WORKS).flatMap((work) => CHECKED.map((part) => ({ name: `${work}: ${part}`, unit: "us of CPU" }))),
    { name: "event: notifier", unit: "us of CPU" },
    ...[...POINTS.map(({ name }) => name), "a busy log"].map((name) => ({
      name: `error, ${name}`,
      unit: "%",
      goal: { atMost: AT_MOST_PERCENT },
    })),
  ],
  rounds: 1,
  order: "turns",
  async start(contender, { smoke, say }) {
    return async (record) => {
      const scale = (count: number) => (smoke ? Math.ceil(count / 100) : count);
      const windowMs = smoke ? 300 : WINDOW_MS;
      const costs = await fit(scale, windowMs, say);
      for (const [work, cost] of Object.entries(costs)) {
        for (const part of CHECKED) record(`${work}: ${part}`, cost[part]);
      }
      record("event: notifier", costs.event.notifier);
      for (const { name, edges, ...full } of POINTS) {
        await using at = await openCapacity(contender, edges);
        const traffic = smoke ? { ...full, users: full.roomSize, relays: 20, events: 10, connects: 0 } : full;
        const measured = await at.mixture(traffic, windowMs);
        const predicted = cpuOf(workOf(traffic, edges), costs);
        say(
          `${name}: ${CHECKED.map((part) => `${part} ${ms(measured[part])}, by the sum ${ms(predicted[part])}`).join("; ")} ms/s`,
        );
        record(`error, ${name}`, errorOf(predicted, measured));
      }
      await using at = await openCapacity(contender, STREAM.edges);
      const measured = await at.stream(smoke ? 20 : STREAM.perSecond, windowMs);
      const nobody = { users: 0, rooms: 0, roomSize: 1, relays: 0, events: STREAM.perSecond, connects: 0 };
      const predicted = cpuOf({ ...workOf(nobody, STREAM.edges), event: 0, handout: 0, delivery: 0 }, costs);
      say(
        `log: ${CHECKED.map((part) => `${part} ${ms(measured[part])}, by the sum ${ms(predicted[part])}`).join("; ")} ms/s`,
      );
      record("error, a busy log", errorOf(predicted, measured));
    };
  },
};

const ms = (us: number) => (us / 1_000).toFixed(0);
const errorOf = (predicted: Cpu, measured: Cpu) => Math.abs(1 - total(predicted) / total(measured)) * 100;
const total = (cpu: Cpu) => CHECKED.reduce((sum, part) => sum + cpu[part], 0);

/** Of the cost of a second, of one piece of each work, and of what more edges add. */
async function fit(scale: (count: number) => number, windowMs: number, say: (text: string) => void): Promise<Costs> {
  const many = await entriesAlone(MOST_EDGES, scale(COUNT), windowMs);
  say(`${MOST_EDGES} edges done`);
  await using at = await openCapacity("rollcall", 1);
  const first = await alone(at, scale(COUNT), windowMs);
  const one = { ...first, handout: await at.handouts(scale(COUNT), first.second) };
  const edge = scaled(minus(many.second, one.second), 1 / (MOST_EDGES - 1));
  const perEdge = (all: Cpu, single: Cpu) => scaled(minus(all, single), 1 / (MOST_EDGES - 1));
  const read = perEdge(many.together, one.together);
  const entry = minus(one.together, read);
  const wake = minus(perEdge(many.entry, one.entry), read);
  const append = minus(minus(one.entry, one.together), wake);
  const session = await at.comings(scale(COMERS), 0, one.second);
  const joined = await at.comings(scale(COMERS), JOINS, one.second);
  say("sessions and joins done");
  const relay = minus(await at.relays(scale(COUNT), one.second), one.handout);
  const event = minus(await at.events(scale(COUNT), one.second), one.entry);
  say("messages and events done");
  const clients = scale(CLIENTS);
  await at.settle(clients);
  const quiet = await at.second(windowMs);
  const connection = scaled(minus(quiet, one.second), 1 / clients);
  const delivery = scaled(minus(await at.deliveries(clients, scale(COUNT / 15), quiet), one.handout), 1 / clients);
  return sane({
    ...{ installation: minus(one.second, edge), edge, connection, session },
    join: scaled(minus(joined, session), 1 / JOINS),
    ...{ entry, append, read, wake, handout: minus(minus(one.handout, one.entry), delivery) },
    ...{ delivery, relay, event },
  });
}

async function entriesAlone(edges: number, count: number, windowMs: number) {
  await using at = await openCapacity("rollcall", edges);
  return await alone(at, count, windowMs);
}

async function alone(at: Capacity, count: number, windowMs: number) {
  await systemClock.sleep(windowMs / 5);
  const second = await at.second(windowMs);
  return { second, entry: await at.entries(count, second), together: await at.together(count * 10, second) };
}

type Parts = Record<Part, number>;
const each = (cpu: Cpu, fn: (part: Part) => number) =>
  Object.fromEntries(Object.keys(cpu).map((part) => [part, fn(part as Part)])) as Parts;
const minus = (a: Cpu, b: Cpu): Cpu => each(a, (part) => a[part] - b[part]);
const scaled = (cpu: Cpu, factor: number): Cpu => each(cpu, (part) => cpu[part] * factor);
/** What is below the noise cannot be less than nothing. */
const sane = (costs: Record<Work, Cpu>): Costs =>
  Object.fromEntries(
    Object.entries(costs).map(([work, cpu]) => [work, each(cpu, (part) => Math.max(0, cpu[part]))]),
  ) as Record<Work, Cpu>;
