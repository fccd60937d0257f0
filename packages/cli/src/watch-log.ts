/**
 * Reads the fan-out log as an onlooker: unlike an edge's reader it writes nothing, not even heartbeats, so rights to
 * read the log are enough and no edge can tell that somebody watches.
 */

import { decodeEntry, keysOf, type LogEntry, type Place } from "@rollcall/fanout";
import type { RedisOptions } from "@rollcall/runtime";
import { Redis } from "ioredis";

export interface WatchLogOptions {
  redisUrl: string;
  redisOptions: RedisOptions;
  install: string;
  place: Place;
  signal: AbortSignal;
  onReading(): void;
  /** `loggedAtMs`: when Redis took it. */
  onEntry(entry: LogEntry, loggedAtMs: number): void;
}

const BLOCK_MS = 1_000;
const READ_COUNT = 500;

/** Follows from now on until the signal aborts. Rejects when Redis cannot be reached or is lost. */
export async function watchLog(options: WatchLogOptions): Promise<void> {
  const { signal, onEntry } = options;
  const key = keysOf(options.install, options.place.cell).log(options.place.partition);
  const redis = new Redis(options.redisUrl, options.redisOptions);
  let lost: unknown;
  redis.on("error", (error) => {
    lost = error; // what is in flight rejects with less to say
  });
  const stop = () => redis.disconnect();
  signal.addEventListener("abort", stop);
  try {
    await redis.connect();
    let last = (await redis.xrevrange(key, "+", "-", "COUNT", 1))[0]?.[0] ?? "0-0";
    options.onReading();
    while (!signal.aborted) {
      const reply = await redis.xread("COUNT", READ_COUNT, "BLOCK", BLOCK_MS, "STREAMS", key, last);
      for (const [id, fields] of reply?.[0]?.[1] ?? []) {
        last = id;
        const entry = decodeEntry(fields);
        if (entry !== undefined) onEntry(entry, Number.parseInt(id, 10));
      }
    }
  } catch (error) {
    if (!signal.aborted) throw lost ?? error;
  } finally {
    signal.removeEventListener("abort", stop);
    redis.disconnect();
  }
}
