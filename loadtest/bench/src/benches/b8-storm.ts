/** B8: everybody comes back at once. */

import { systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { Fleet } from "../fleet/fleet.ts";
import { connectClient } from "../fleet/load-client.ts";
import type { Bench } from "../harness/bench.ts";
import { cpuUs, redisUsage } from "../harness/usage.ts";
import { startWorld } from "../servers/world.ts";

const CLIENTS = 3_000;
const ROOMS = 60;
const MESSAGES = 5;
const MISSED = CLIENTS * MESSAGES;
const RETRY_MS: [from: number, to: number] = [500, 1_500];
const SETTLE_MS = 2_000;

export const storm: Bench = {
  id: "B8",
  title: `${CLIENTS.toLocaleString("en-US")} clients of a killed server come back`,
  method:
    `${CLIENTS.toLocaleString("en-US")} clients in ${ROOMS} rooms on one of two servers, which is killed; ${MESSAGES} messages with history are sent to each room; then all clients come to the other server within 0.5 to 1.5 s, join again and say where they stood: at the versions that the messages they had received led to. ` +
    "Costs are of the time until all are back and 2 s more, divided by clients: CPU of the second server and, of Rollcall, presence; bytes that Redis sent and commands that it executed (those within scripts too).",
  contenders: ["rollcall", "stock", "centrifuge"],
  measures: [
    { name: "servers", unit: "us of CPU per client", goal: { atMost: 300 }, stretch: { atMost: 200 } },
    { name: "Redis", unit: "us of CPU per client" },
    { name: "Redis sent", unit: "bytes per client", goal: { atMost: 150 }, stretch: { atMost: 50 } },
    { name: "Redis executed", unit: "commands per client" },
    { name: "missed messages recovered", unit: `of ${MISSED.toLocaleString("en-US")}`, goal: { atLeast: MISSED } },
    { name: "all back", unit: "s", goal: { atMost: 10 } },
  ],
  rounds: 3,
  order: "turns",
  async start(contender, { smoke, say }, outer) {
    if (contender === "centrifuge") await startWorld(contender, outer);
    return async (record) => {
      await using stack = new AsyncDisposableStack();
      const world = await startWorld(contender, stack, { nodes: 2 });
      const fleet = stack.use(await Fleet.start());
      const [count, rooms] = smoke ? [20, 2] : [CLIENTS, ROOMS];
      const roomOf = (index: number) => `bench:storm-${index % rooms}`;
      const plans = await world.plans(count, (index) => [roomOf(index)]);
      await fleet.connect(world.target(0), plans);
      const [plan] = await world.plans(1, () => [], count);
      const speaker = await connectClient({ ...world.target(1), ...plan! });
      stack.defer(() => speaker.drop());
      for (let room = 0; room < rooms; room++) await speaker.join(roomOf(room));
      say(`${count} connected`);

      process.kill(world.serverPid(0), "SIGKILL");
      await waitFor(async () => (await fleet.tally()).closed >= count, { timeoutMs: 30_000, everyMs: 100 });
      let n = 0;
      for (let i = 0; i < MESSAGES; i++) {
        for (let room = 0; room < rooms; room++) await speaker.publish(roomOf(room), { n: n++ }, "note:kept");
      }
      const pids = [world.serverPid(1), ...(world.cluster?.presence ?? []).map(({ pid }) => pid)];
      const cpu = () => pids.reduce((sum, pid) => sum + cpuUs(pid), 0);
      const before = { cpu: cpu(), redis: await redisUsage(world.redis), atMs: systemClock.monotonic() };
      await fleet.connect(world.target(1), plans, smoke ? [0, 50] : RETRY_MS);
      const backMs = systemClock.monotonic() - before.atMs;
      await systemClock.sleep(smoke ? 0 : SETTLE_MS);
      const after = await redisUsage(world.redis);
      record("servers", (cpu() - before.cpu) / count);
      record("Redis", (after.cpuUs - before.redis.cpuUs) / count);
      record("Redis sent", (after.bytesOut - before.redis.bytesOut) / count);
      record("Redis executed", (after.commands - before.redis.commands) / count);
      record("missed messages recovered", (await fleet.tally()).recovered);
      record("all back", backMs / 1_000);
    };
  },
};
