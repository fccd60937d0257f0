/** The presence process. */

import { type Contracts, formatMistake, loadContracts } from "@rollcall/contracts";
import { connectNats, connectRedis, type Logger, runService } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { config } from "./config.ts";
import { startPresence } from "./presence.ts";

await runService({
  name: "presence",
  config,
  async start(context) {
    const { config: settings, instance, logger, metrics, clock, random, loopDelay, signal } = context;
    const contracts = await contractsOf(settings.CONTRACTS, logger);
    metrics.gauge(METRICS.contracts).set({ hash: contracts.hash }, 1);
    const redis = connectRedis({ url: settings.REDIS_URL, clock, logger, metrics, name: "redis" });
    const durableUrl = settings.REDIS_DURABLE_URL;
    const durable =
      durableUrl === undefined || durableUrl === settings.REDIS_URL
        ? redis
        : connectRedis({ url: durableUrl, clock, logger, metrics, name: "redis-durable" });
    const nats = await connectNats({
      url: settings.NATS_URL,
      name: `${settings.INSTALL}-presence`,
      logger,
      metrics,
      signal,
      ...(settings.NATS_INBOX_PREFIX === undefined ? {} : { inboxPrefix: settings.NATS_INBOX_PREFIX }),
      ...(settings.NATS_CREDS === undefined ? {} : { creds: settings.NATS_CREDS }),
    });
    const presence = await startPresence({
      install: settings.INSTALL,
      instance,
      mode: settings.STREAMS,
      contracts,
      bounds: {
        graceMs: settings.GRACE_MS,
        leaseMs: settings.LEASE_MS,
        brakeMs: settings.BRAKE_MS,
        occupancyAbove: settings.OCCUPANCY_ABOVE,
        occupancyBelow: settings.OCCUPANCY_BELOW,
        logMaxLen: settings.LOG_MAX_LEN,
      },
      sweepMs: settings.SWEEP_MS,
      redis,
      durable,
      maxTokenTtlMs: settings.MAX_TOKEN_TTL,
      nats,
      clock,
      random,
      logger,
      metrics,
      loopDelay,
    });
    return {
      ready: () => presence.isReady(),
      async stop() {
        await presence.stop();
        await nats.close();
        await redis.close();
        if (durable !== redis) await durable.close();
      },
    };
  },
});

async function contractsOf(paths: string[], logger: Logger): Promise<Contracts> {
  const loaded = await loadContracts(paths);
  if (loaded.ok) return loaded.contracts;
  for (const mistake of loaded.mistakes) logger.error({ event: "contracts.mistake" }, formatMistake(mistake));
  throw new Error("the contract files have mistakes");
}
