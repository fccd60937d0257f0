/** B7: what a connection costs the server by being there. */

import { systemClock } from "@rollcall/runtime";
import { Fleet } from "../fleet/fleet.ts";
import type { Bench } from "../harness/bench.ts";
import { cpuUs, rssBytes } from "../harness/usage.ts";
import { startWorld } from "../servers/world.ts";

const CONNECTIONS = 5_000;
/** Two periods of everybody's pings. */
const WINDOW_MS = 50_000;
const SETTLE_MS = 10_000;
/** As the baselines ping; the relations between the bounds kept. */
const EQUAL_PINGS = { PING_INTERVAL_MS: "25000", PING_TIMEOUT_MS: "20000", GRACE_MS: "45000" };

export const idle: Bench = {
  id: "B7",
  title: "Memory and CPU of idle connections",
  method: `${CONNECTIONS.toLocaleString("en-US")} connections in one room on one server process, pinged every 25 s by all; every Node server with \`--max-semi-space-size=4\`, as the image ships it. Memory is the growth of RSS by connecting, CPU that of ${WINDOW_MS / 1_000} s of silence.`,
  contenders: ["rollcall", "stock", "ws", "centrifuge"],
  measures: [
    {
      name: "memory",
      unit: "KiB of RSS per connection",
      goal: { timesBaseline: 0.85 },
      stretch: { timesBaseline: 0.8 },
    },
    { name: "memory as shipped", unit: "KiB of RSS per connection", goal: { atMost: 14 }, stretch: { atMost: 12 } },
    { name: "idle CPU", unit: "% of a core", goal: { timesBaseline: 0.6 }, stretch: { timesBaseline: 0.5 } },
  ],
  rounds: 2,
  order: "together",
  async start(contender, { smoke, say }, outer) {
    if (contender === "centrifuge") await startWorld(contender, outer);
    return async (record) => {
      await using stack = new AsyncDisposableStack();
      const world = await startWorld(contender, stack, { env: EQUAL_PINGS });
      const fleet = stack.use(await Fleet.start());
      const count = smoke ? 20 : CONNECTIONS;
      const before = rssBytes(world.serverPid());
      await fleet.connect(world.target(), await world.plans(count, () => ["bench:quiet"]));
      await systemClock.sleep(smoke ? 0 : SETTLE_MS);
      const kib = Math.max(0, rssBytes(world.serverPid()) - before) / 1_024 / count;
      say(`${count} connected, ${kib.toFixed(1)} KiB each`);
      record("memory", kib);
      if (contender === "rollcall") record("memory as shipped", kib);
      const startUs = cpuUs(world.serverPid());
      const windowMs = smoke ? 200 : WINDOW_MS;
      await systemClock.sleep(windowMs);
      record("idle CPU", (cpuUs(world.serverPid()) - startUs) / 10 / windowMs);
      const { closed } = await fleet.tally();
      if (closed > 0) throw new Error(`${closed} connections were lost`);
    };
  },
};
