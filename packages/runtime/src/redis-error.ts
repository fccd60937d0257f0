/** What an error of Redis means: a refusal that stays, or trouble that passes. */

import { RollcallError } from "@rollcall/contracts";

const PASSING =
  /^(OOM|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY|MISCONF|UNKILLABLE|NOSCRIPT)\b|-OOM /;

/** Did Redis answer with an error like this? */
export const isRedisReply = (error: unknown, pattern: RegExp): boolean =>
  error instanceof Error && error.name === "ReplyError" && pattern.test(error.message);

/** A reply that refuses for good; anything else is a connection or a server in trouble. */
export const isRedisRefusal = (error: unknown): boolean => isRedisReply(error, /^/) && !isRedisReply(error, PASSING);

/** A refusal for good is ours to mend (`INTERNAL`), trouble passes (`UNAVAILABLE`). */
export function redisError(cause: unknown): RollcallError {
  if (cause instanceof RollcallError) return cause;
  return new RollcallError(isRedisRefusal(cause) ? "INTERNAL" : "UNAVAILABLE", { cause });
}
