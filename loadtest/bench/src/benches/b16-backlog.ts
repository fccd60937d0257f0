/** B16: a million events that waited while no notifier was there. */

import type { Bench } from "../harness/bench.ts";
import { startPublisher } from "../servers/publisher.ts";
import { startWorld } from "../servers/world.ts";
import { drain } from "./backlog.ts";
import { TEXT } from "./emit.ts";

const EVENTS = 1_000_000;
const LANES = 50;
const MIB = 1024 * 1024;

export const backlog: Bench = {
  id: "B16",
  title: "A backlog of a million events",
  method: `${EVENTS.toLocaleString("en-US")} events of 150 bytes to ${LANES} rooms are in the stream when the notifier goes on. Its memory is looked at ten times a second: constant means that the most is not far above the first tenth's.`,
  contenders: ["rollcall"],
  measures: [
    { name: "drained", unit: "/s" },
    { name: "CPU of the notifier", unit: "us" },
    { name: "memory, most in the first tenth", unit: "MiB" },
    { name: "memory, most", unit: "MiB" },
  ],
  rounds: 1,
  order: "turns",
  async start(contender, { smoke, say }, outer) {
    const world = await startWorld(contender, outer, { notifiers: 1 });
    const publisher = await startPublisher(world);
    outer.defer(() => publisher.close());
    const count = smoke ? 1_000 : EVENTS;
    return async (record) => {
      const drained = await drain(world, publisher, count, async () => {
        await publisher.fill("told", count, (n) => ({ room: `lane-${n % LANES}`, text: TEXT }));
        say(`${count} wait`);
      });
      record("drained", drained.perSecond);
      record("CPU of the notifier", drained.cpuUsPerEvent);
      record("memory, most in the first tenth", most(drained.rss.slice(0, Math.ceil(drained.rss.length / 10))));
      record("memory, most", most(drained.rss));
    };
  },
};

const most = (bytes: readonly number[]) => bytes.reduce((a, b) => Math.max(a, b), 0) / MIB;
