/**
 * A notifier process for fault runs. It ends with SIGKILL at one of its fault points, or in good order at SIGTERM.
 * Arguments: JSON of {@link Doom}.
 */

import { connectNats, connectRedis, createLogger, createMetrics, systemClock, systemRandom } from "@rollcall/runtime";
import { startNotifier } from "../../src/notifier.ts";
import { hookChannel } from "../hook.ts";
import { mixContracts, mixTiming } from "./mix.ts";

export interface Doom {
  redisUrl: string;
  natsUrl: string;
  hookUrl: string;
  /** Where it dies; default nowhere. */
  point?: string;
  /** Which passing of the point is the last. */
  passing?: number;
}

const doom = JSON.parse(process.argv[2] ?? "{}") as Doom;
const logger = createLogger({ service: "test", instance: "doomed", level: "silent" });
const redis = connectRedis({ url: doom.redisUrl, clock: systemClock, logger, name: "redis" });
const nats = await connectNats({ url: doom.natsUrl, name: "doomed", logger });
let passed = 0;
const starting = startNotifier({
  install: "rollcall",
  instance: "doomed",
  contracts: mixContracts,
  sources: undefined,
  mode: "create",
  redis,
  durableRedis: redis,
  nats,
  channels: hookChannel(doom.hookUrl),
  ...mixTiming,
  maxInFlight: 64,
  dedupMs: 600_000,
  logMaxLen: 1_000_000,
  inboxSize: 1_000_000,
  ledgerKeepMs: 3_600_000,
  traceToClient: true,
  clock: systemClock,
  random: systemRandom,
  logger,
  metrics: createMetrics(),
  faults: async (point) => {
    if (point === doom.point && ++passed >= (doom.passing ?? 1)) process.kill(process.pid, "SIGKILL");
  },
});
// Whoever started it is gone.
process.once("disconnect", () => process.exit(1));
process.once("SIGTERM", () => void starting.then(({ stop }) => stop(5_000)).then(() => process.exit(0)));
await starting;
