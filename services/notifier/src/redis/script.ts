/** Lua scripts by their digest, and what Redis refuses told apart: what passes by itself, and what never will. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { RollcallError } from "@rollcall/contracts";
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
      if (!isReply(error, /^NOSCRIPT/)) throw fromRedis(error);
    }
    try {
      return await redis.eval(source, keys.length, ...keys, ...args);
    } catch (error) {
      throw fromRedis(error);
    }
  };
}

export function loadScript(redis: Redis, base: string, file: string, ...includes: string[]): Script {
  return bindScript(redis, readScript(base, file, ...includes));
}

const PASSING = /^(OOM|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY|MISCONF)\b|-OOM /;

/** A reply that refuses the command for good is ours to mend; anything else is a connection or a server in trouble. */
export function fromRedis(cause: unknown): RollcallError {
  if (cause instanceof RollcallError) return cause;
  const isRefusal = cause instanceof Error && cause.name === "ReplyError" && !PASSING.test(cause.message);
  return new RollcallError(isRefusal ? "INTERNAL" : "UNAVAILABLE", { cause });
}

const isReply = (error: unknown, pattern: RegExp): boolean =>
  error instanceof Error && error.name === "ReplyError" && pattern.test(error.message);
