/** The edge process. */

import { getHeapStatistics } from "node:v8";
import { compileCore } from "@rollcall/contracts";
import { createFanoutLog, createFanoutSource, v1Placement } from "@rollcall/fanout";
import {
  connectNats,
  connectRedis,
  type NatsHandle,
  natsAccessOf,
  natsOptions,
  openContracts,
  redisAccessOf,
  runService,
  type ServiceContext,
  unmet,
} from "@rollcall/runtime";
import { config, type EdgeSettings } from "./config.ts";
import { startEdge } from "./edge.ts";
import { readCertificate, watchCertificate } from "./handshake/certificate.ts";
import { readIssuers } from "./handshake/issuers.ts";
import { LEEWAY_MS, TokenVerifier } from "./handshake/token.ts";

/** Of the grace, kept back for goodbyes and closing. */
const CLOSING_MS = 5_000;

await runService({
  name: "edge",
  config,
  async start(context) {
    const { config: settings, instance, logger, metrics, clock, random, loopDelay, signal } = context;
    compileCore("client events");
    const contracts = await openContracts({ paths: settings.CONTRACTS, clock, logger, metrics });
    const issuers = await readIssuers(settings, { clock, logger, retainMs: settings.MAX_TOKEN_TTL + LEEWAY_MS });
    const access = redisAccessOf(settings);
    const redis = connectRedis({ url: settings.REDIS_URL, access, clock, logger, metrics, name: "redis" });
    const nats = lateNats(settings, context);
    const { TLS_CERT: certFile, TLS_KEY: keyFile } = settings;
    const files = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile, clock, logger };
    const edge = await startEdge({
      settings,
      instance,
      contracts: contracts.current,
      verifier: new TokenVerifier({ issuers: issuers.all, clock, maxTtlMs: settings.MAX_TOKEN_TTL }),
      placement: v1Placement,
      layout: { cells: ["c0"], partitions: 1 },
      log: createFanoutLog(redis.client, { install: settings.INSTALL, maxLen: settings.LOG_MAX_LEN }),
      source: createFanoutSource({
        redisUrl: settings.REDIS_URL,
        redisAccess: access,
        install: settings.INSTALL,
        maxLen: settings.LOG_MAX_LEN,
        clock,
        random,
        logger,
        metrics,
      }),
      nats: nats.get,
      onNats: nats.on,
      clock,
      random,
      logger,
      metrics,
      loopDelay,
      // Asked at every connection: `process.memoryUsage()` also reads /proc, and costs eight times as much.
      heapUsedBytes: () => getHeapStatistics().used_heap_size,
      signal,
      ...(files === undefined ? {} : { tls: readCertificate(files) }),
    });
    contracts.watch((next) => edge.setContracts(next));
    const renewal = files === undefined ? undefined : watchCertificate(files, edge.setCertificate);
    return {
      unmet: () => unmet({ fanout: edge.isReady(), keys: issuers.ready() }),
      async stop(graceMs) {
        await edge.stop(Math.min(settings.DRAIN_MS, Math.max(0, graceMs - CLOSING_MS)));
        contracts.stop();
        renewal?.cancel();
        issuers.stop();
        await nats.get()?.close();
        await redis.close();
      },
    };
  },
});

/** An edge does its work without NATS as far as it can, so it does not wait for it. */
function lateNats(settings: EdgeSettings, context: Pick<ServiceContext<unknown>, "logger" | "metrics" | "signal">) {
  const [url, access] = [settings.NATS_URL, natsAccessOf(settings)];
  natsOptions(url, access); // a mistake in them ends the start: only a server that is away is worth waiting for
  let handle: NatsHandle | undefined;
  const waiting: ((nats: NatsHandle) => void)[] = [];
  connectNats({
    url,
    name: `${settings.INSTALL}-edge`,
    ...context,
    access,
  }).then(
    (connected) => {
      handle = connected;
      for (const fn of waiting.splice(0)) fn(connected);
    },
    (error: unknown) => {
      if (!context.signal.aborted) context.logger.error({ event: "nats.failed", error }, "nats cannot be connected to");
    },
  );
  return {
    get: () => handle,
    on: (fn: (nats: NatsHandle) => void) => void (handle === undefined ? waiting.push(fn) : fn(handle)),
  };
}
