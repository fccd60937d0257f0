/** How long a burst to ten thousand connections keeps the event loop from everything else. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { startRedis, waitFor } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { encodeEntry, keysOf } from "../src/index.ts";
import { AT, follow, INSTALL, message } from "./follow.ts";
import { stockServer } from "./stock-server.ts";

const CONNECTIONS = 10_000;
const MESSAGES = 20;
const BURSTS = 7;
const MOST_BLOCKED_MS = 20;
const KEY = keysOf(INSTALL, AT.cell).log(AT.partition);
const TARGET = "r:main/crowd";
const PATIENCE = { timeoutMs: 300_000, everyMs: 20 };

it(`a burst of ${MESSAGES} messages to ${CONNECTIONS} connections blocks the loop for less than ${MOST_BLOCKED_MS} ms`, async () => {
  await using redisServer = await startRedis();
  const redis = redisServer.connect();
  await using server = await stockServer({
    onMember: (member) => void server.delivery.join(member, TARGET),
    server: { pingInterval: 600_000, pingTimeout: 600_000 },
  });
  const { delivery } = server;
  await using _follower = await follow(redisServer.url, {
    on: {
      wants: (namespace, targets) => delivery.has(namespace, targets),
      entry: ({ targets, packetJson, namespace, event }) =>
        void delivery.deliver(targets, [], packetJson, { namespace, event }),
      flush: () => delivery.flush(),
      busy: () => delivery.busy(),
    },
  });
  const crowd = fork(new URL("crowd.ts", import.meta.url), [new URL(server.url).port, String(CONNECTIONS)]);
  let heard = 0;
  crowd.on("message", (told: { heard?: number }) => (heard = told.heard ?? heard));
  try {
    await connected(crowd);
    const blockedMs: number[] = [];
    for (let burst = 0; burst < BURSTS; burst++) {
      const pipeline = redis.pipeline();
      for (let i = 0; i < MESSAGES; i++) {
        const packetJson = JSON.stringify(["a:b", { text: `#${"x".repeat(150)}` }, { id: `${burst}-${i}` }]);
        const entry = message(`${burst}-${i}`, { targets: [TARGET], packetJson });
        pipeline.xadd(KEY, "*", ...encodeEntry(entry));
      }
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      await pipeline.exec();
      await waitFor(() => heard === (burst + 1) * MESSAGES * CONNECTIONS, {
        ...PATIENCE,
        what: () => `${heard} heard`,
      });
      delay.disable();
      blockedMs.push(delay.max / 1e6);
    }
    const middle = blockedMs.toSorted((a, b) => a - b)[Math.floor(BURSTS / 2)]!;
    console.log(
      JSON.stringify({ blockedMs: blockedMs.map((ms) => Number(ms.toFixed(1))), middle, load: loadavg()[0] }),
    );
    expect(middle).toBeLessThanOrEqual(MOST_BLOCKED_MS);
  } finally {
    crowd.kill("SIGKILL");
    redis.disconnect();
  }
});

async function connected(crowd: ChildProcess): Promise<void> {
  const ended = once(crowd, "exit").then(() => Promise.reject(new Error("the crowd ended")));
  ended.catch(() => undefined); // later it is ended by us
  await Promise.race([once(crowd, "message"), ended]);
}
