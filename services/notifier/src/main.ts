/** The notifier process. */

import { formatMistake, loadContracts } from "@rollcall/contracts";
import { connectNats, connectRedis, runService, type ServiceContext } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
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
    const contracts = await contractsOf(settings.CONTRACTS, context);
    metrics.gauge(METRICS.contracts).set({ hash: contracts.hash }, 1);
    const redis = connectRedis({ url: settings.REDIS_URL, clock, logger, metrics, name: "redis" });
    const durableRedis =
      settings.REDIS_DURABLE_URL === undefined || settings.REDIS_DURABLE_URL === settings.REDIS_URL
        ? redis
        : connectRedis({ url: settings.REDIS_DURABLE_URL, clock, logger, metrics, name: "redis-durable" });
    const nats = await connectNats({
      url: settings.NATS_URL,
      name: `${settings.INSTALL}-notifier`,
      logger,
      metrics,
      signal,
      ...(settings.NATS_INBOX_PREFIX === undefined ? {} : { inboxPrefix: settings.NATS_INBOX_PREFIX }),
      ...(settings.NATS_CREDS === undefined ? {} : { creds: settings.NATS_CREDS }),
    });
    const notifier = await startNotifier({
      install: settings.INSTALL,
      instance: context.instance,
      contracts,
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
    return {
      ready: () => notifier.isReady(),
      async stop(graceMs) {
        await notifier.stop(Math.max(0, graceMs - CLOSING_MS));
        await nats.close();
        await redis.close();
        await durableRedis.close();
      },
    };
  },
});

async function contractsOf(paths: string[], { logger }: Pick<ServiceContext<unknown>, "logger">) {
  const loaded = await loadContracts(paths);
  if (loaded.ok) return loaded.contracts;
  for (const mistake of loaded.mistakes) logger.error({ event: "contracts.mistake" }, formatMistake(mistake));
  throw new Error("the contract files have mistakes");
}
