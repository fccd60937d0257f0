/** The presence process. */

import { compileCore } from "@rollcall/contracts";
import { admitRelease } from "@rollcall/fanout";
import { connectNats, connectRedis, natsAccessOf, openContracts, redisAccessOf, runService } from "@rollcall/runtime";
import { config } from "./config.ts";
import { CELL, startPresence } from "./presence.ts";
import { CELL_CONNECTION } from "./redis/connection.ts";

await runService({
  name: "presence",
  config,
  async start(context) {
    const { config: settings, instance, logger, metrics, clock, random, loopDelay, signal } = context;
    compileCore("requests");
    const contracts = await openContracts({ paths: settings.CONTRACTS, clock, logger, metrics });
    const access = redisAccessOf(settings);
    const redis = connectRedis({
      url: settings.REDIS_URL,
      access,
      clock,
      logger,
      metrics,
      name: "redis",
      overrides: CELL_CONNECTION,
    });
    const durableUrl = settings.REDIS_DURABLE_URL;
    const durable =
      durableUrl === undefined || durableUrl === settings.REDIS_URL
        ? redis
        : connectRedis({ url: durableUrl, access, clock, logger, metrics, name: "redis-durable" });
    const nats = await connectNats({
      url: settings.NATS_URL,
      name: `${settings.INSTALL}-presence`,
      logger,
      metrics,
      signal,
      access: natsAccessOf(settings),
    });
    await admitRelease([redis, durable], { install: settings.INSTALL, cell: CELL, clock }, signal);
    const presence = await startPresence({
      install: settings.INSTALL,
      instance,
      mode: settings.STREAMS,
      contracts: contracts.live,
      bounds: {
        graceMs: settings.GRACE_MS,
        leaseMs: settings.LEASE_MS,
        brakeMs: settings.BRAKE_MS,
        occupancyAbove: settings.OCCUPANCY_ABOVE,
        occupancyBelow: settings.OCCUPANCY_BELOW,
        traceToClient: settings.TRACE_TO_CLIENT,
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
    contracts.watch();
    return {
      unmet: presence.unmet,
      async stop() {
        contracts.stop();
        await presence.stop();
        await nats.close();
        await redis.close();
        if (durable !== redis) await durable.close();
      },
    };
  },
});
