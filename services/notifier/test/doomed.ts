/** A notifier process that ends with SIGKILL at one of its fault points. Arguments: JSON of {@link Doom}. */

import { connectNats, connectRedis, createLogger, createMetrics, systemClock, systemRandom } from "@rollcall/runtime";
import { startNotifier } from "../src/notifier.ts";
import { hookChannel, mixContracts, mixTiming } from "./mix.ts";

export interface Doom {
  redisUrl: string;
  natsUrl: string;
  hookUrl: string;
  point: string;
  /** Which passing of the point is the last. */
  passing: number;
}

const doom = JSON.parse(process.argv[2] ?? "{}") as Doom;
const logger = createLogger({ service: "test", instance: "doomed", level: "silent" });
let passed = 0;
await startNotifier({
  install: "rollcall",
  instance: "doomed",
  contracts: mixContracts,
  sources: undefined,
  mode: "create",
  redis: connectRedis({ url: doom.redisUrl, clock: systemClock, logger, name: "redis" }),
  durableRedis: connectRedis({ url: doom.redisUrl, clock: systemClock, logger, name: "durable" }),
  nats: await connectNats({ url: doom.natsUrl, name: "doomed", logger }),
  channels: hookChannel(doom.hookUrl),
  maxInFlight: 64,
  timing: mixTiming,
  dedupMs: 600_000,
  logMaxLen: 1_000_000,
  inboxSize: 1_000_000,
  ledgerKeepMs: 3_600_000,
  sweepMs: 50,
  jobLockMs: 1_000,
  traceToClient: true,
  clock: systemClock,
  random: systemRandom,
  logger,
  metrics: createMetrics(),
  faults: async (point) => {
    if (point === doom.point && ++passed >= doom.passing) process.kill(process.pid, "SIGKILL");
  },
});
