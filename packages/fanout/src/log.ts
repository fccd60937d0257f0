/**
 * The way in: one `XADD` per message. Nothing is buffered: with Redis away an append is refused at once, because a
 * message kept back for later would arrive out of order.
 */

import { RollcallError } from "@rollcall/contracts";
import type { Redis } from "ioredis";
import { encodeEntry } from "./entry.ts";
import { keysOf } from "./keys.ts";
import type { FanoutLog, LogEntry, Place, Position } from "./seam.ts";

/** Entries kept per partition, approximately: minutes at a busy cell's rate, about 50 MB. */
export const DEFAULT_MAX_LEN = 100_000;

export interface FanoutLogOptions {
  install: string;
  /** Default {@link DEFAULT_MAX_LEN}. */
  maxLen?: number;
}

/**
 * `redis` should have `maxRetriesPerRequest: 0`: with more, ioredis sends a command that was in flight when the connection
 * was lost a second time, and the log may then have the message twice.
 */
export function createFanoutLog(redis: Redis, options: FanoutLogOptions): FanoutLog {
  const { install, maxLen = DEFAULT_MAX_LEN } = options;
  return {
    async append(at: Place, entry: LogEntry): Promise<Position> {
      const fields = encodeEntry(entry);
      if (redis.status !== "ready") throw new RollcallError("UNAVAILABLE");
      const key = keysOf(install, at.cell).log(at.partition);
      let id: string | null;
      try {
        id = await redis.xadd(key, "MAXLEN", "~", maxLen, "*", ...fields);
      } catch (cause) {
        throw new RollcallError("UNAVAILABLE", { cause });
      }
      if (id === null) throw new RollcallError("INTERNAL", { cause: new Error("XADD gave no id") });
      return { ...at, id };
    },
  };
}
