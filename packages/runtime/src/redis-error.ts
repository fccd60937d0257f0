/** What an error of Redis means: a refusal that stays, or trouble that passes. */

import { RollcallError } from "@rollcall/contracts";

const PASSING =
  /^(OOM|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY|MISCONF|UNKILLABLE|NOSCRIPT)\b|-OOM /;

/** Did Redis answer with an error like this? */
export const isRedisReply = (error: unknown, pattern: RegExp): boolean =>
  error instanceof Error && error.name === "ReplyError" && pattern.test(error.message);

/** A reply that refuses for good; anything else is a connection or a server in trouble. */
export const isRedisRefusal = (error: unknown): boolean => isRedisReply(error, /^/) && !isRedisReply(error, PASSING);

/** Of an error by which Redis refuses work for a state of its own: its first word, such as `OOM`. */
export function redisTrouble(error: unknown): string | undefined {
  if (!isRedisReply(error, PASSING) || isRedisReply(error, /^NOSCRIPT\b/)) return undefined;
  const { message } = error as Error;
  return message.includes("-OOM ") ? "OOM" : /^[A-Z]+/.exec(message)?.[0];
}

/** A refusal for good is ours to mend (`INTERNAL`), trouble passes (`UNAVAILABLE`). */
export function redisError(cause: unknown): RollcallError {
  if (cause instanceof RollcallError) return cause;
  return new RollcallError(isRedisRefusal(cause) ? "INTERNAL" : "UNAVAILABLE", { cause });
}
