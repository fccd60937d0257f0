/** What is done to the notifier and to what it works with. */

import { waitFor } from "@rollcall/testkit";
import { allDeaths } from "./deaths.ts";
import { acknowledgeAll } from "./device.ts";
import { startFlapping } from "./flapping.ts";
import type { Fault } from "./stage.ts";
import { USERS } from "./truth.ts";

const DAY_MS = 86_400_000;

/** Lengths of outages. */
export interface Lengths {
  natsMs: number;
  redisMs: number;
  providerMs: number;
  /** How far Redis's clock jumps. */
  jumpMs: number;
  /** Between two of what happens again and again. */
  betweenMs: number;
}

export const faults = ({ natsMs, redisMs, providerMs, jumpMs, betweenMs }: Lengths): Fault[] => [
  {
    name: "killed again and again",
    part: "processes",
    async inject({ running, end, notifier, pause }) {
      for (let n = 0; n < 5; n++) {
        await pause(betweenMs);
        for (const process of running()) await end(process, "SIGKILL");
        notifier();
      }
    },
  },
  {
    name: "two notifiers, replaced one after the other (rolling restart)",
    part: "processes",
    async inject({ running, end, notifier, pause }) {
      notifier();
      for (let n = 0; n < 4; n++) {
        await pause(betweenMs);
        const [oldest] = running();
        notifier();
        await end(oldest!, "SIGTERM");
      }
    },
  },
  {
    name: "paused past its lease, then going on beside the next one",
    part: "processes",
    async inject({ running, notifier, pause }) {
      const [first] = running();
      notifier();
      await pause(betweenMs);
      first!.kill("SIGSTOP");
      await pause(betweenMs * 2);
      first!.kill("SIGCONT");
    },
  },
  {
    name: "the only one paused past its ack-wait: redelivered to itself",
    part: "processes",
    async inject({ running, pause }) {
      for (let n = 0; n < 3; n++) {
        await pause(betweenMs);
        running()[0]!.kill("SIGSTOP");
        await pause(1_500);
        running()[0]!.kill("SIGCONT");
      }
    },
  },
  { name: "NATS restarted", part: "stores", inject: ({ bench }) => bench.natsServer.restart() },
  {
    name: `NATS away for ${natsMs / 1_000} s`,
    part: "stores",
    async inject({ bench, pause }) {
      await bench.natsServer.stop();
      await pause(natsMs);
      await bench.natsServer.restart();
    },
  },
  { name: "Redis restarted with its AOF", part: "stores", inject: ({ bench }) => bench.redisServer.restart() },
  {
    name: `Redis away for ${redisMs / 1_000} s`,
    part: "stores",
    async inject({ bench, pause }) {
      await bench.redisServer.stop();
      await pause(redisMs);
      await bench.redisServer.restart();
    },
  },
  {
    name: `Redis hung for ${redisMs / 2_000} s`,
    part: "stores",
    async inject({ bench, pause }) {
      bench.redisServer.pause();
      await pause(redisMs / 2);
      bench.redisServer.resume();
    },
  },
  {
    name: "a worker stalled in the middle of a fallback",
    part: "channel",
    async inject({ hook, running, notifier, pause }) {
      const [first] = running();
      notifier();
      hook.answer({ delayMs: 200 });
      await pause(betweenMs);
      first!.kill("SIGSTOP");
      await pause(Math.max(3_000, betweenMs));
      hook.answer({ delayMs: 0 });
      first!.kill("SIGCONT");
    },
  },
  {
    name: `the provider failing for ${providerMs / 1_000} s`,
    part: "channel",
    async inject({ hook, pause }) {
      hook.answer({ status: 503 });
      await pause(providerMs);
      hook.answer({ status: 200 });
    },
  },
  {
    name: "published again within the stream's dedup window",
    part: "publishers",
    publishes: true,
    async inject({ publish, publishAgain, events }) {
      await publish(events);
      await publishAgain((id) => id);
    },
  },
  {
    name: "published again beyond the stream's dedup window",
    part: "publishers",
    publishes: true,
    async inject({ publish, publishAgain, events }) {
      await publish(events);
      // What a stream does that has forgotten their ids.
      await publishAgain((id) => `again-${id}`);
    },
  },
  {
    name: "two devices of each recipient acknowledging at once, while fallbacks are due",
    part: "recipients",
    async inject({ bench, pause, isTaken }) {
      while (!(await isTaken())) {
        await acknowledgeAll(bench, [...USERS, ...USERS]);
        await pause(10);
      }
    },
  },
  {
    name: "devices connecting and disconnecting every 100 ms",
    part: "recipients",
    publishes: true,
    async inject({ bench, expected, publishAlong, isTaken }) {
      const flapping = await startFlapping(bench);
      await publishAlong();
      await waitFor(isTaken, { timeoutMs: 600_000, what: "every event to be taken" });
      expected.shown = await flapping.stop();
    },
  },
  {
    name: `Redis's clock ${jumpMs / 1_000} s ahead, as far behind, and right again`,
    part: "stores",
    redisClock: true,
    async inject({ setRedisClock, pause }) {
      for (const offsetMs of [jumpMs, -jumpMs, 0]) {
        await pause(betweenMs);
        setRedisClock(offsetMs);
      }
    },
  },
  {
    name: "clocks a day ahead and a day behind (one notifier each), the provider failing meanwhile",
    part: "processes",
    async inject({ hook, running, notifier, end, pause }) {
      const [first] = running();
      notifier({}, DAY_MS);
      notifier({}, -DAY_MS);
      hook.answer({ status: 503 });
      await pause(betweenMs);
      await end(first!, "SIGKILL");
      await pause(betweenMs);
      hook.answer({ status: 200 });
    },
  },
  allDeaths,
];
