/** Lua scripts by their digest. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { RollcallError } from "@rollcall/contracts";
import { isRedisReply, redisError } from "@rollcall/runtime";
import type { Redis } from "ioredis";

export type Script = (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/** The text of a script beside the caller (`base` is its `import.meta.url`), with `includes` after its first line. */
export function readScript(base: string, file: string, ...includes: string[]): string {
  const text = readFileSync(new URL(file, base), "utf8");
  const end = text.indexOf("\n") + 1;
  return text.slice(0, end) + includes.join("\n") + text.slice(end);
}

/** Rejects with `UNAVAILABLE` when trying again may help, else `INTERNAL`. */
export function bindScript(redis: Redis, source: string): Script {
  const sha = createHash("sha1").update(source).digest("hex");
  return async (keys, args) => {
    // A command queued while the connection is away would run later, out of order with what is retried.
    if (redis.status !== "ready") throw new RollcallError("UNAVAILABLE");
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isRedisReply(error, /^NOSCRIPT/)) throw redisError(error);
    }
    try {
      return await redis.eval(source, keys.length, ...keys, ...args);
    } catch (error) {
      throw redisError(error);
    }
  };
}

export function loadScript(redis: Redis, base: string, file: string, ...includes: string[]): Script {
  return bindScript(redis, readScript(base, file, ...includes));
}
