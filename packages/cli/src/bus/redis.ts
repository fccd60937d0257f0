/** Redis as commands reach it: by the same settings as services, Sentinels, clusters and TLS included. */

import {
  defineConfig,
  loadConfig,
  type RedisOptions,
  redisAccessOf,
  redisAccessOptions,
  redisConfig,
} from "@rollcall/runtime";
import type { Context } from "../context.ts";
import { orUsage } from "./addresses.ts";

const CONNECT_TIMEOUT_MS = 5_000;

/** Unlike a service, a command does not wait for a server that is away. */
export function redisOptions(url: string, install: string, { env }: Pick<Context, "env">): RedisOptions {
  return orUsage(() => {
    const settings = loadConfig(defineConfig(redisConfig), { ...env, REDIS_URL: url, REDIS_URL_FILE: undefined });
    return {
      ...redisAccessOptions(url, redisAccessOf({ ...settings, INSTALL: install })),
      lazyConnect: true,
      retryStrategy: null,
      connectTimeout: CONNECT_TIMEOUT_MS,
      connectionName: "rollcall-cli",
    };
  });
}
