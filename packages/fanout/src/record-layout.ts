/**
 * Which layouts the records of a cell may have: a mark per cell and server, `lowest` and `highest`. It keeps a release from
 * taking records for what they are not.
 *
 * S1 A cell without a mark has layout 1, the one of every release before there were marks.
 * S2 A release starts only where it reads all layouts from lowest to highest: nobody goes back further than that.
 * S3 A release that starts raises `highest` to what it writes, before it writes anything.
 * S4 Only a migration raises `lowest`, when it has rewritten every record (`record-migration.ts`).
 *
 * A layout changes over two releases: the first reads the new one and writes the old, the second writes it. So neighbours
 * run together, and each may go back to the one before it.
 */

import { readFileSync } from "node:fs";
import { type Clock, isRedisRefusal, type RedisConnection } from "@rollcall/runtime";
import type { Redis } from "ioredis";
import { keysOf } from "./keys.ts";

export interface Layouts {
  /** What a release reads. */
  oldest: number;
  newest: number;
  writes: number;
}

/** Of this release. */
export const LAYOUTS: Layouts = { oldest: 1, newest: 1, writes: 1 };

export interface LayoutMark {
  lowest: number;
  highest: number;
}

/** The records are not for this release. */
export class LayoutError extends Error {
  constructor({ lowest, highest }: LayoutMark, { oldest, newest }: Layouts, cell: string) {
    const todo =
      highest > newest
        ? "start the release that wrote them, or a newer one"
        : "start the release before this one, and run `rollcall migrate` with it";
    super(
      `Redis holds records of cell ${cell} in layouts ${lowest} to ${highest}, this release reads ${oldest} to ${newest}: ` +
        `${todo} (docs/operations/upgrade.md)`,
    );
    this.name = "LayoutError";
  }
}

const RETRY_MS = 500;

const script = readFileSync(new URL("./admit.lua", import.meta.url), "utf8");

export interface CellOptions {
  install: string;
  cell: string;
  /** Default: those of this release. */
  layouts?: Layouts;
}

/** Throws {@link LayoutError}. */
export async function admit(redis: Redis, { install, cell, layouts = LAYOUTS }: CellOptions): Promise<LayoutMark> {
  const { oldest, newest, writes } = layouts;
  const reply = (await redis.eval(script, 1, keysOf(install, cell).layout(), oldest, newest, writes)) as number[];
  const [lowest = 1, highest = 1, admitted] = reply.map(Number);
  if (admitted !== 1) throw new LayoutError({ lowest, highest }, layouts, cell);
  return { lowest, highest };
}

/** The mark as it is; a cell without one has the first layout. */
export async function layoutOf(redis: Redis, { install, cell }: CellOptions): Promise<LayoutMark> {
  const [lowest, highest] = await redis.hmget(keysOf(install, cell).layout(), "lowest", "highest");
  return { lowest: Number(lowest ?? 1), highest: Number(highest ?? 1) };
}

/**
 * Waits for these servers and admits this release to each: before a service starts its work, and again at each reconnect,
 * since another server, or an emptied one, may be there then. A server in trouble (full, read-only) is asked until it
 * answers. Rejects with {@link LayoutError}, or what else Redis refuses for good; later that is an error that nobody
 * catches, which ends the process.
 */
export async function admitRelease(
  connections: Iterable<RedisConnection>,
  options: CellOptions & { clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  for (const connection of new Set(connections)) {
    await untilAdmitted(connection, options, signal);
    connection.onReady(() => {
      untilAdmitted(connection, options, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    });
  }
}

async function untilAdmitted(
  connection: RedisConnection,
  options: CellOptions & { clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await connection.ready(signal);
    try {
      await admit(connection.client, options);
      return;
    } catch (error) {
      if (error instanceof LayoutError || isRedisRefusal(error)) throw error;
    }
    await options.clock.sleep(RETRY_MS, signal);
  }
}
