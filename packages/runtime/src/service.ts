/**
 * The life of a service process: settings, logger, telemetry, probes, work, and a shutdown that is not ready first,
 * bounded, and exits 0. What nobody caught is logged, counted and answered by the same shutdown with exit 1: a process
 * in an unknown state must not go on, and must not take its clients down without a word either.
 */

import { hostname } from "node:os";
import { METRICS, parseSizeSteps, SERVICE_NAMES, type ServiceName } from "@rollcall/telemetry";
import type { Telemetry } from "@rollcall/telemetry/tracing";
import { tellBuild } from "./build-info.ts";
import { type Clock, pendingTimers, systemClock } from "./clock.ts";
import { ConfigError, type ConfigOf, type ConfigSchema, loadConfig, printableConfig } from "./config.ts";
import { processEnv } from "./env.ts";
import { helpText } from "./help.ts";
import { type InternalServer, startInternalServer } from "./internal-server.ts";
import { LOG_LEVEL_SIGNAL, turnLogLevel } from "./log-level.ts";
import { LogOutput } from "./log-output.ts";
import { createLogger, flushLogs, type Logger } from "./logger.ts";
import { type LoopDelay, startLoopDelay } from "./loop-delay.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { isNeed, type Need } from "./needs.ts";
import type { MetricsPush, MetricsPushOptions } from "./otlp-metrics.ts";
import { type Random, systemRandom } from "./random.ts";
import type { commonConfig } from "./settings.ts";

type CommonSchema = ConfigSchema<(typeof commonConfig)["properties"]>;

export interface ServiceContext<C> {
  config: C;
  /** Name of this process: label of logs and spans. Unique in an installation, not over restarts. */
  instance: string;
  logger: Logger;
  metrics: Metrics;
  clock: Clock;
  random: Random;
  loopDelay: LoopDelay;
  /** Aborts when the process is told to stop: also while `start` still waits for its dependencies. */
  signal: AbortSignal;
  internalUrl: string;
}

export interface RunningService {
  /** What its work needs and has not now. Asked five times a second; see the degradation table of the wire contract. */
  unmet(): readonly Need[] | Promise<readonly Need[]>;
  /** Stops within `graceMs`. The process is already not ready. */
  stop(graceMs: number): Promise<void>;
}

export interface ServiceOptions<S extends ConfigSchema> {
  name: Exclude<ServiceName, "cli">;
  /** From `defineConfig(commonConfig, ...)`. */
  config: S;
  start(context: ServiceContext<ConfigOf<S> & ConfigOf<CommonSchema>>): Promise<RunningService>;
}

/** sysexits' EX_CONFIG: a supervisor need not try again. */
export const EXIT_CONFIG = 78;
/** EX_USAGE. */
const EXIT_USAGE = 64;
const EXIT_FAILED = 1;
const ARGUMENTS = ["--help", "--print-config"];
/** Head sampling where nothing is set and it is not a laptop. */
const PRODUCTION_RATIO = 0.01;
/** Flushing spans and closing the internal port. */
const LAST_WORDS_MS = 3_000;
const FLUSH_MS = 1_000;

/** Runs until told to stop, then exits the process. */
export async function runService<S extends ConfigSchema>(options: ServiceOptions<S>): Promise<void> {
  const unknown = process.argv.slice(2).filter((argument) => !ARGUMENTS.includes(argument));
  if (unknown.length > 0) {
    process.stderr.write(`unknown arguments: ${unknown.join(" ")}; settings come from the environment, see --help\n`);
    process.exit(EXIT_USAGE);
  }
  if (process.argv.includes("--help")) {
    process.stdout.write(helpText(options.name, options.config));
    return;
  }
  const config = readConfig(options.config) as ConfigOf<S> & ConfigOf<CommonSchema>;
  if (process.argv.includes("--print-config")) {
    const lines = printableConfig(options.config, config as ConfigOf<S>).map(({ name, value }) => `${name}=${value}\n`);
    process.stdout.write(lines.join("")); // at once: a reader may have read enough
    return;
  }

  const clock = systemClock;
  const service = SERVICE_NAMES[options.name];
  const instance = config.INSTANCE ?? hostname();
  const metrics = createMetrics({ processMetrics: true });
  const unwritten = metrics.counter(METRICS.logDropped);
  const logger = createLogger({
    service,
    instance,
    level: config.LOG_LEVEL,
    destination: new LogOutput({ onDropped: (lines) => unwritten.inc({}, lines) }),
    ...(config.LOG_HASH_KEY === undefined ? {} : { hashKey: config.LOG_HASH_KEY }),
  });
  process.on(LOG_LEVEL_SIGNAL, () => turnLogLevel(logger, config.LOG_LEVEL));
  tellBuild(metrics);
  const dropped = metrics.counter(METRICS.spansDropped);
  // Not at the top: the SDK takes longer to load than everything else, and tools that never trace import this too.
  const { startTelemetry } = await import("@rollcall/telemetry/tracing");
  const telemetry = startTelemetry({
    service,
    instance,
    ratio: config.TRACE_RATIO ?? (config.ROLLCALL_ENV === "development" ? 1 : PRODUCTION_RATIO),
    steps: parseSizeSteps(config.TRACE_STEPS) ?? [],
    slowMs: config.TRACE_SLOW_MS,
    clock,
    onDropped: (reason, count) => dropped.inc({ reason }, count),
    ...(config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? {} : { endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT }),
  });
  const push = await metricsPush({ config, service, instance, metrics, clock });
  const loopDelay = startLoopDelay({ clock, metrics });
  const timers = metrics.gauge(METRICS.timers);
  metrics.onScrape(() => timers.set(pendingTimers()));
  const stopping = new AbortController();
  let running: RunningService | undefined;

  let server: InternalServer;
  try {
    server = await startInternalServer({
      port: config.INTERNAL_PORT,
      host: config.INTERNAL_HOST,
      metrics,
      clock,
      checks: { ready: () => running?.unmet() ?? awaited(metrics) },
    });
  } catch (error) {
    logger.fatal({ event: "service.start_failed", error }, "the internal port cannot be opened");
    return exit(EXIT_FAILED, logger);
  }

  const end = once(async (code: number) => {
    server.setDraining();
    stopping.abort(new Error("the service is stopping"));
    const graceMs = config.STOP_GRACE_MS;
    logger.info({ event: "service.stopping", graceMs }, "stopping");
    const stopped = await within(clock, graceMs, async () => running?.stop(graceMs)).catch((error: unknown) => {
      logger.error({ event: "service.stop_failed", error }, "stopping failed");
      return false;
    });
    await within(clock, LAST_WORDS_MS, () => lastWords(telemetry, push, server, loopDelay)).catch(() => false);
    const exitCode = stopped ? code : EXIT_FAILED;
    logger.info({ event: "service.stopped", exitCode }, stopped ? "stopped" : "stopped without finishing in time");
    await exit(exitCode, logger);
  });

  const uncaught = metrics.counter(METRICS.processErrors);
  const onUncaught = (kind: string) => (error: unknown) => {
    uncaught.inc({ kind });
    logger.fatal({ event: "service.uncaught", kind, error }, "an error nobody caught");
    void end(EXIT_FAILED);
  };
  process.on("uncaughtException", onUncaught("exception"));
  process.on("unhandledRejection", onUncaught("rejection"));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      // The second one comes from somebody who has waited long enough.
      if (stopping.signal.aborted) void exit(EXIT_FAILED, logger);
      void end(0);
    });
  }

  try {
    running = await options.start({
      config,
      instance,
      logger,
      metrics,
      clock,
      random: systemRandom,
      loopDelay,
      signal: stopping.signal,
      internalUrl: server.url,
    });
  } catch (error) {
    if (stopping.signal.aborted) return; // told to stop while starting: `end` is on its way
    const mistakes = error instanceof ConfigError ? error.mistakes : undefined;
    logger.fatal({ event: "service.start_failed", mistakes, error }, "the service cannot start");
    return end(mistakes === undefined ? EXIT_FAILED : EXIT_CONFIG);
  }
  await announceReady(server, clock, stopping.signal);
  if (!stopping.signal.aborted) logger.info({ event: "service.ready", internalUrl: server.url }, "ready");
}

/** While a service starts, the connections it waits for. */
async function awaited(metrics: Metrics): Promise<Need[]> {
  const { values } = await metrics.gauge(METRICS.dependencyUp).get();
  const away = values.filter(({ value }) => value === 0).map(({ labels }) => labels.dependency);
  return ["starting", ...away.filter(isNeed)];
}

/** Only where it is asked for: the SDK takes long to load. */
async function metricsPush({
  config,
  ...facts
}: Omit<MetricsPushOptions, "endpoint" | "everyMs"> & { config: ConfigOf<CommonSchema> }): Promise<
  MetricsPush | undefined
> {
  const { OTEL_METRICS_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_METRIC_EXPORT_INTERVAL: everyMs } = config;
  if (OTEL_METRICS_EXPORTER !== "otlp" || endpoint === undefined) return undefined;
  const { startMetricsPush } = await import("./otlp-metrics.ts");
  return startMetricsPush({ ...facts, endpoint, everyMs });
}

function readConfig<S extends ConfigSchema>(schema: S): ConfigOf<S> {
  try {
    return loadConfig(schema, processEnv(), { files: true });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const mistake of error.mistakes) process.stderr.write(`settings: ${mistake}\n`);
    process.exit(EXIT_CONFIG);
  }
}

const READY_POLL_MS = 25;

async function announceReady(server: InternalServer, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!server.isReady() && !signal.aborted) await clock.sleep(READY_POLL_MS);
}

async function lastWords(
  telemetry: Telemetry,
  push: MetricsPush | undefined,
  server: InternalServer,
  loopDelay: LoopDelay,
): Promise<void> {
  loopDelay.close();
  await Promise.all([telemetry.shutdown(), push?.shutdown().catch(() => undefined)]); // it may not be there
  await server.close();
}

/** True when `work` ended in time. */
async function within(clock: Clock, ms: number, work: () => Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      work().then(() => true),
      clock.sleep(ms, timer.signal).then(
        () => false,
        () => false,
      ),
    ]);
  } finally {
    timer.abort();
  }
}

function once(fn: (code: number) => Promise<void>): (code: number) => Promise<void> {
  let result: Promise<void> | undefined;
  return (code) => (result ??= fn(code));
}

/**
 * Ends the process in `FLUSH_MS` at most. While a write to stdout blocks (its reader hangs), leaving in good order would
 * wait for it without an end.
 */
async function exit(code: number, logger: Logger): Promise<void> {
  if (!(await within(systemClock, FLUSH_MS, () => flushLogs(logger)))) process.kill(process.pid, "SIGKILL");
  process.exit(code);
}
