/** How every connection to Redis behaves: what it waits for, and when it gives up a command. */

import type { RedisOptions as AllRedisOptions } from "ioredis";
import { isFromFile, renewed } from "./secret-file.ts";

/** Replies keep the shapes of RESP2: `replyMapping` would change the client's type. */
export type RedisOptions = Omit<AllRedisOptions, "replyMapping">;

const DEFAULT_SOCKET_TIMEOUT_MS = 5_000;
/** One try and one retry. */
const COMMAND_TIMEOUT_FACTOR = 2;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;
/** Reconnect: 50 ms doubling to 1 s, for ever; the cap bounds how long after Redis's return work resumes. */
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;

export function redisOptions(name: string, socketTimeoutMs = DEFAULT_SOCKET_TIMEOUT_MS): RedisOptions {
  return {
    connectionName: name,
    maxRetriesPerRequest: 1,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: socketTimeoutMs,
    // A peer that accepts connections but never becomes ready (hung, half-open) would hold what was in flight for ever:
    // the client counts retries only for what is queued, not for what it means to send again.
    commandTimeout: COMMAND_TIMEOUT_FACTOR * socketTimeoutMs,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: (times) => Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(times - 1, 10)),
  };
}

/**
 * The same options, with user and password of a URL from a file read again before each reconnect. The client calls
 * `retryStrategy` on its own options, so copies of these (BullMQ's, those of duplicates) are renewed as well.
 */
export function renewing(url: string, options: RedisOptions): RedisOptions {
  const { retryStrategy } = options;
  if (!isFromFile(url) || !retryStrategy) return options;
  return {
    ...options,
    retryStrategy(this: RedisOptions, times) {
      // Half a file, or a mistake in it, changes nothing.
      const { username = "", password = "" } = URL.parse(renewed(url)) ?? {};
      if (username !== "") this.username = decodeURIComponent(username);
      if (password !== "") this.password = decodeURIComponent(password);
      return retryStrategy(times);
    },
  };
}
