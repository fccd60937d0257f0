/**
 * One Redis connection as every service needs it: it never throws what nobody catches, fails commands after one failed
 * reconnect instead of holding them, notices a peer that went silent, and knows which Redis run it talks to.
 */

import { METRICS } from "@rollcall/telemetry";
import { Redis } from "ioredis";
import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { type RedisAccess, redisAccessOptions } from "./redis-access.ts";
import { redisTrouble } from "./redis-error.ts";
import { type RedisOptions, redisOptions, renewing } from "./redis-options.ts";
import { measureRoundTrip } from "./round-trip.ts";

export interface RedisConnectOptions {
  url: string;
  /** Default: the URL alone says where it is. */
  access?: RedisAccess;
  clock: Clock;
  logger: Logger;
  /** Shown by CLIENT LIST. */
  name: string;
  metrics?: Metrics;
  /**
   * A socket that owes a reply for longer than this is dead (half-open peers send nothing, not even a reset).
   * Must exceed the longest BLOCK of the commands sent. Default 5 s.
   */
  socketTimeoutMs?: number;
  /** Merged last, for what a caller must have otherwise (BullMQ's `maxRetriesPerRequest: null`). */
  overrides?: RedisOptions;
}

export interface RedisConnection {
  readonly client: Redis;
  /** `run_id` of the server, read at each ready; undefined while it is not known. */
  runId(): string | undefined;
  /** Called at each ready with the run id, also at once when ready now. Returns how to stop. */
  onReady(fn: (runId: string) => void): () => void;
  /** Called when the connection is lost. */
  onDown(fn: () => void): () => void;
  /** Connected, loaded, and its run id known. */
  isUp(): boolean;
  /** Resolves at the next ready, or at once. Rejects when `signal` aborts. */
  ready(signal?: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** While Redis is away its error repeats at each attempt; one line in this time is enough. */
const ERROR_LOG_EVERY_MS = 10_000;

export function connectRedis(options: RedisConnectOptions): RedisConnection {
  const { url, clock, logger, name, metrics } = options;
  const onUnreadable = (error: unknown) =>
    logger.error({ event: "redis.file_unreadable", dependency: name, error }, "what the file held before goes on");
  const settings: RedisOptions = {
    ...renewing(url, redisOptions(name, options.socketTimeoutMs)),
    ...(options.access === undefined ? {} : redisAccessOptions(url, options.access, onUnreadable)),
    ...options.overrides,
  };
  const { reconnectOnError } = settings;
  // Asked of every error that Redis answers: also of those that those who asked take as an answer.
  settings.reconnectOnError = (error) => {
    refused(error);
    const wish = reconnectOnError?.(error) ?? false;
    // Who allows no retry means no repeat either.
    return settings.maxRetriesPerRequest === 0 ? wish !== false : wish;
  };
  // Who waits for Redis for ever also means its commands.
  if (settings.maxRetriesPerRequest === null) settings.commandTimeout = undefined;
  const client = new Redis(url, settings);
  const readyListeners = new Set<(runId: string) => void>();
  const downListeners = new Set<() => void>();
  const up = metrics?.gauge(METRICS.dependencyUp);
  const refusals = metrics?.counter(METRICS.redisRefusals);
  let refusedAtMs = Number.NEGATIVE_INFINITY;
  let runId: string | undefined;
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  up?.set({ dependency: name }, 0);
  if (metrics !== undefined) measureRoundTrip(metrics, name, () => (runId === undefined ? undefined : ping()));

  const ping = async () => {
    const askedMs = clock.monotonic();
    await client.ping();
    return clock.monotonic() - askedMs;
  };
  const refused = (error: unknown) => {
    const code = redisTrouble(error);
    if (code === undefined) return;
    refusals?.inc({ dependency: name, code });
    if (clock.monotonic() - refusedAtMs < ERROR_LOG_EVERY_MS) return;
    refusedAtMs = clock.monotonic();
    logger.warn({ event: "redis.refused", dependency: name, code }, "redis refuses commands for a state of its own");
  };
  const safely = (fn: () => void) => {
    try {
      fn();
    } catch (error) {
      logger.error({ event: "redis.listener_failed", dependency: name, error }, "a connection listener threw");
    }
  };

  client.on("error", (error: Error) => {
    if (clock.monotonic() - loggedAtMs < ERROR_LOG_EVERY_MS) return;
    loggedAtMs = clock.monotonic();
    logger.warn({ event: "redis.error", dependency: name, error }, "redis connection error");
  });
  client.on("ready", () => {
    client.info("server").then(
      (text) => {
        const found = /^run_id:(\w+)/m.exec(text)?.[1];
        if (found === undefined) {
          logger.error(
            { event: "redis.run_id_missing", dependency: name },
            "INFO has no run_id: refusing the connection",
          );
          client.disconnect(true);
          return;
        }
        loggedAtMs = Number.NEGATIVE_INFINITY;
        runId = found;
        up?.set({ dependency: name }, 1);
        logger.info({ event: "redis.ready", dependency: name }, "redis ready");
        for (const fn of readyListeners) safely(() => fn(found));
      },
      // Lost again before it answered: the next ready asks again.
      (error: unknown) => logger.debug({ event: "redis.info_failed", dependency: name, error }, "INFO failed"),
    );
  });
  client.on("close", () => {
    if (runId === undefined) return;
    runId = undefined;
    up?.set({ dependency: name }, 0);
    logger.warn({ event: "redis.down", dependency: name }, "redis connection lost");
    for (const fn of downListeners) safely(fn);
  });

  const connection: RedisConnection = {
    client,
    runId: () => runId,
    isUp: () => runId !== undefined && client.status === "ready",
    onReady(fn) {
      readyListeners.add(fn);
      if (runId !== undefined) fn(runId);
      return () => void readyListeners.delete(fn);
    },
    onDown(fn) {
      downListeners.add(fn);
      return () => void downListeners.delete(fn);
    },
    ready: (signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          stop();
          reject(signal?.reason);
        };
        let stop = () => {};
        let done = false;
        stop = connection.onReady((id) => {
          done = true;
          stop();
          signal?.removeEventListener("abort", onAbort);
          resolve(id);
        });
        if (done) stop();
        else signal?.addEventListener("abort", onAbort, { once: true });
      }),
    async close() {
      readyListeners.clear();
      downListeners.clear();
      if (client.status === "end") return;
      // Between two attempts there is no connection whose end could be told.
      if (client.status === "reconnecting") return client.disconnect();
      const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
      client.disconnect();
      await ended;
    },
  };
  return connection;
}
