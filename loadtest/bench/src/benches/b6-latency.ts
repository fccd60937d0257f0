/** B6: from publishing to arriving. */

import { headers } from "@nats-io/nats-core";
import { systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { Fleet } from "../fleet/fleet.ts";
import { connectClient, type LoadClient } from "../fleet/load-client.ts";
import { monotonicMs } from "../fleet/monotonic.ts";
import type { Bench, Record } from "../harness/bench.ts";
import { quantile } from "../harness/stats.ts";
import { startWorld, type World } from "../servers/world.ts";
import { emitterOf, type Numbers, TEXT } from "./emit.ts";

const SOCKETS = 2_000;
const MESSAGES = 100;
const EVERY_MS = 50;
const JOINS = 100;
const ROOM = "bench:quiet";

export const latency: Bench = {
  id: "B6",
  title: "From publishing to arriving",
  method:
    `One room of ${SOCKETS.toLocaleString("en-US")} sockets, a message every ${EVERY_MS} ms, ${MESSAGES} times; the time until it is read by a client, on the machine's monotonic clock. ` +
    "A relay is sent by a client. An event comes from a backend: for Rollcall a CloudEvent through JetStream and the notifier, for stock an entry of its adapter's stream, for centrifuge a call of its library. " +
    `A join is timed until the one other member of the room is told (${JOINS} joins).`,
  contenders: ["rollcall", "stock", "centrifuge"],
  measures: [
    { name: "relay p50", unit: "ms", goal: { timesBaseline: 0.8 }, stretch: { timesBaseline: 0.7 } },
    { name: "relay p99", unit: "ms" },
    { name: "event p50", unit: "ms" },
    { name: "event p99", unit: "ms" },
    { name: "join visible p99", unit: "ms", goal: { atMost: 100 } },
  ],
  rounds: 3,
  order: "turns",
  remarks: ["Times of the wall: on a machine that does other things they show little, their ratios somewhat more."],
  async start(contender, { smoke, say }, stack) {
    const world = await startWorld(contender, stack, { notifiers: 1 });
    const fleet = stack.use(await Fleet.start());
    const sockets = smoke ? 10 : SOCKETS;
    const messages = smoke ? 3 : MESSAGES;
    await fleet.connect(world.target(), await world.plans(sockets, () => [ROOM]));
    say(`${sockets} connected`);
    const heard: { event?: (data: Buffer) => void } = {};
    const [sender, onlooker] = await Promise.all(
      (await world.plans(2, () => [], sockets)).map((plan) =>
        connectClient({ ...world.target(), ...plan, event: (data) => heard.event?.(data) }),
      ),
    );
    stack.defer(() => [sender!, onlooker!].forEach((client) => void client.drop()));
    await sender!.join(ROOM);
    const numbers: Numbers = { next: 0 };
    const event = await eventOf(world, stack, numbers);
    const timed = async (publish: () => Promise<void>) => {
      const { events } = await fleet.tally({ reset: true });
      for (let i = 0; i < messages; i++) {
        await publish();
        await systemClock.sleep(EVERY_MS);
      }
      const expected = events + messages * sockets;
      await waitFor(async () => (await fleet.tally()).events >= expected, { timeoutMs: 60_000, everyMs: 100 });
      return fleet.tally();
    };
    let joined = 0;
    return async (record: Record) => {
      const relay = await timed(async () =>
        sender!.publish(ROOM, { n: numbers.next++, at: Number(monotonicMs().toFixed(3)), text: TEXT }),
      );
      record("relay p50", relay.p50Ms);
      record("relay p99", relay.p99Ms);
      const events = await timed(event);
      record("event p50", events.p50Ms);
      record("event p99", events.p99Ms);
      const joins: number[] = [];
      for (let i = 0; i < (smoke ? 2 : JOINS); i++) {
        joins.push(await visibleMs(sender!, onlooker!, `bench:join-${joined++}`, heard));
      }
      record("join visible p99", quantile(joins, 0.99));
    };
  },
};

/** Until the onlooker, alone in the room before, is told. */
async function visibleMs(
  sender: LoadClient,
  onlooker: LoadClient,
  room: string,
  heard: { event?: (data: Buffer) => void },
): Promise<number> {
  await onlooker.join(room);
  const { promise, resolve } = Promise.withResolvers<number>();
  const startMs = monotonicMs();
  heard.event = (data) => {
    if (data.includes(room) && data.includes("join") && !data.includes('"joined":[]')) resolve(monotonicMs());
  };
  await sender.join(room);
  const seenMs = await promise;
  delete heard.event;
  await Promise.all([sender.leave(room), onlooker.leave(room)]);
  return seenMs - startMs;
}

/** One event of a backend to the room. */
async function eventOf(world: World, stack: AsyncDisposableStack, numbers: Numbers): Promise<() => Promise<void>> {
  if (world.nats === undefined) {
    const emit = emitterOf(world, ROOM, { numbers });
    return () => emit(1);
  }
  const nc = await world.nats.connect();
  stack.defer(() => nc.close());
  return async () => {
    const n = numbers.next++;
    const attributes = headers();
    for (const [name, value] of Object.entries({
      "ce-specversion": "1.0",
      "ce-id": `event-${n}`,
      "ce-source": "/bench",
      "ce-type": "bench.told",
      "content-type": "application/json",
    })) {
      attributes.set(name, value);
    }
    const data = { room: ROOM.slice("bench:".length), n, at: Number(monotonicMs().toFixed(3)), text: TEXT };
    nc.publish("events.bench.told", JSON.stringify(data), { headers: attributes });
  };
}
