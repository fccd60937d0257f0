/**
 * Records of an older layout rewritten while services run: page after page, safe to stop and to begin again. For when every
 * process runs the release that writes the new layout: whoever writes the old one meanwhile would be overlooked.
 */

import type { Redis } from "ioredis";
import { keysOf } from "./keys.ts";
import { type CellOptions, LAYOUTS, type LayoutMark, layoutOf } from "./record-layout.ts";

/** From one layout to the next. */
export interface Migration {
  to: number;
  /** Rewrites those of these keys that have the layout before: atomically for each, as often as it is asked. */
  rewrite(redis: Redis, keys: readonly string[]): Promise<void>;
}

/** Of this release, in order: there is one layout so far. */
export const MIGRATIONS: readonly Migration[] = [];

export interface MigrateOptions extends CellOptions {
  migrations?: readonly Migration[];
  /** Default 200: what one page costs Redis stays below a millisecond of scanning. */
  pageSize?: number;
  /** Told how many keys were looked at. */
  onPage?: (keys: number) => void;
  signal?: AbortSignal;
}

/** Resolves with the mark as it is then: `lowest` is what every record has at least. */
export async function migrate(redis: Redis, options: MigrateOptions): Promise<LayoutMark> {
  const { install, cell, layouts = LAYOUTS, migrations = MIGRATIONS, pageSize = 200, onPage, signal } = options;
  const keys = keysOf(install, cell);
  const { lowest, highest } = await layoutOf(redis, options);
  if (highest !== layouts.writes) {
    throw new Error(
      `records are written in layout ${highest}, by this release in ${layouts.writes}: use the release that runs`,
    );
  }
  for (let to = lowest + 1; to <= highest; to++) {
    const migration = migrations.find((one) => one.to === to);
    if (migration === undefined) throw new Error(`this release does not know how to bring records to layout ${to}`);
    let cursor = "0";
    do {
      signal?.throwIfAborted();
      const [next, page] = await redis.scan(cursor, "MATCH", `${keys.prefix}*`, "COUNT", pageSize);
      if (page.length > 0) await migration.rewrite(redis, page);
      onPage?.(page.length);
      cursor = next;
    } while (cursor !== "0");
    await redis.hset(keys.layout(), "lowest", to);
  }
  return layoutOf(redis, options);
}
