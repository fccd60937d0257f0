/** The notifier process. */

import { compileCore } from "@rollcall/contracts";
import { admitRelease, v1Placement } from "@rollcall/fanout";
import { connectNats, connectRedis, natsAccessOf, openContracts, redisAccessOf, runService } from "@rollcall/runtime";
import { config } from "./config.ts";
import { readChannels } from "./fallback/channels-file.ts";
import { startNotifier } from "./notifier.ts";

/** Of the grace, kept back for closing connections. */
const CLOSING_MS = 1_000;

await runService({
  name: "notifier",
  config,
  async start(context) {
    const { config: settings, logger, metrics, clock, random, signal } = context;
    compileCore("requests");
    const contracts = await openContracts({ paths: settings.CONTRACTS, clock, logger, metrics });
    const access = redisAccessOf(settings);
    const redis = connectRedis({ url: settings.REDIS_URL, access, clock, logger, metrics, name: "redis" });
    const durableRedis =
      settings.REDIS_DURABLE_URL === undefined || settings.REDIS_DURABLE_URL === settings.REDIS_URL
        ? redis
        : connectRedis({ url: settings.REDIS_DURABLE_URL, access, clock, logger, metrics, name: "redis-durable" });
    const nats = await connectNats({
      url: settings.NATS_URL,
      name: `${settings.INSTALL}-notifier`,
      logger,
      metrics,
      signal,
      access: natsAccessOf(settings),
    });
    const cell = v1Placement.cellOf("");
    await admitRelease([redis, durableRedis], { install: settings.INSTALL, cell, clock }, signal);
    const notifier = await startNotifier({
      install: settings.INSTALL,
      instance: context.instance,
      contracts: contracts.live,
      sources: settings.EVENT_SOURCES,
      mode: settings.STREAMS,
      redis,
      durableRedis,
      nats,
      channels: (parts) => (settings.CHANNELS === undefined ? new Map() : readChannels(settings.CHANNELS, parts)),
      maxInFlight: settings.INTAKE_IN_FLIGHT,
      timing: {
        leaseMs: settings.INTAKE_LEASE_MS,
        renewMs: settings.INTAKE_RENEW_MS,
        ackWaitMs: settings.INTAKE_ACK_WAIT_MS,
      },
      dedupMs: settings.DEDUP_MS,
      logMaxLen: settings.LOG_MAX_LEN,
      inboxSize: settings.INBOX_SIZE,
      ledgerKeepMs: settings.LEDGER_KEEP_MS,
      sweepMs: settings.FALLBACK_SWEEP_MS,
      jobLockMs: settings.FALLBACK_LOCK_MS,
      traceToClient: settings.TRACE_TO_CLIENT,
      clock,
      random,
      logger,
      metrics,
    });
    contracts.watch();
    return {
      unmet: notifier.unmet,
      async stop(graceMs) {
        contracts.stop();
        await notifier.stop(Math.max(0, graceMs - CLOSING_MS));
        await nats.close();
        await redis.close();
        await durableRedis.close();
      },
    };
  },
});
