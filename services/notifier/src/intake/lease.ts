/**
 * One reader per event source. With several readers of one durable consumer, two events of one room may overtake each
 * other; with one, the order of the stream is kept. The lease picks it, and `emit-once.lua` refuses the others: a
 * reader that was paused and lost the lease without noticing cannot emit.
 */

import type { Redis } from "ioredis";
import { cellKeysOf } from "../redis/keys.ts";
import { loadScript } from "../redis/script.ts";

export interface Lease {
  /** Takes or renews; true when `term` holds the source now. Rejects with `UNAVAILABLE` when nobody can tell. */
  hold(term: string): Promise<boolean>;
  /** Lets the next reader in at once. */
  release(term: string): Promise<void>;
}

export interface LeaseOptions {
  install: string;
  cell: string;
  source: string;
  leaseMs: number;
}

export function createLease(redis: Redis, options: LeaseOptions): Lease {
  const key = cellKeysOf(options.install, options.cell).intake(options.source);
  const run = loadScript(redis, import.meta.url, "./lease.lua");
  return {
    hold: async (term) => (await run([key], [term, options.leaseMs])) === 1,
    async release(term) {
      await run([key], [term, 0]);
    },
  };
}
