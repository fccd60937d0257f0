/** B5: how many joins and leaves a core carries. */

import type { Bench } from "../harness/bench.ts";
import { startWorld } from "../servers/world.ts";
import { churn, gather, ROOM_SIZE } from "./transitions.ts";

const EDGES = 4;
const SESSIONS = 500;
const DURATION_MS = 10_000;

export const transitions: Bench = {
  id: "B5",
  title: "Joins and leaves per second and core",
  method:
    `${EDGES} edges without sockets send joins and leaves of ${SESSIONS} sessions each, rooms of ${ROOM_SIZE}, through the lane over NATS to one presence replica, ` +
    `${DURATION_MS / 1_000} s: first as fast as it answers, then at half that rate, gathered for 5 ms. Rate and costs count until the stream that tells backends has every transition too; an operation's time from when it was due until its answer, for a join with the snapshot of the room.`,
  contenders: ["rollcall"],
  measures: [
    { name: "transitions, sustained", unit: "per second" },
    { name: "transitions per core", unit: "per second of CPU, presence and Redis together" },
    { name: "presence", unit: "us of CPU per transition" },
    { name: "Redis", unit: "us of CPU per transition" },
    { name: "NATS", unit: "us of CPU per transition" },
    { name: "p99 at half of it", unit: "ms", goal: { atMost: 20 } },
  ],
  rounds: 3,
  order: "turns",
  async start(contender, { smoke }, stack) {
    const world = await startWorld(contender, stack, { nodes: 0 });
    const crowd = await gather(world, stack, smoke ? 1 : EDGES, smoke ? ROOM_SIZE : SESSIONS);
    const durationMs = smoke ? 100 : DURATION_MS;
    await churn(crowd, durationMs / 5); // warm
    return async (record) => {
      const full = await churn(crowd, durationMs);
      record("transitions, sustained", full.perSecond);
      record("transitions per core", 1e6 / (full.presenceUs + full.redisUs));
      record("presence", full.presenceUs);
      record("Redis", full.redisUs);
      record("NATS", full.natsUs);
      const half = await churn(crowd, durationMs, full.perSecond / 2);
      record("p99 at half of it", half.p99Ms);
    };
  },
};
