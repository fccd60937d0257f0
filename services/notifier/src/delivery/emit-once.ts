/**
 * An entry in the fan-out log, once per message: the marker and the entry are one commit, so a redelivery after a
 * crash at any point repeats nothing and loses nothing.
 */

import { RollcallError } from "@rollcall/contracts";
import { DEFAULT_MAX_LEN, encodeEntry, type LogEntry, type Placement, type Position } from "@rollcall/fanout";
import type { Redis } from "ioredis";
import { cellKeysOf } from "../redis/keys.ts";
import { loadScript } from "../redis/script.ts";

/** The right to emit what comes from one source, see `intake/lease.ts`. */
export interface Fence {
  source: string;
  term: string;
}

export type Emitted = { outcome: "new" | "repeat"; position: Position } | { outcome: "fenced" };

export interface EmitOptions {
  fence?: Fence | undefined;
  /** What makes the emit unique; default the entry's `mid`. */
  marker?: string;
}

export type EmitOnce = (entry: LogEntry, options?: EmitOptions) => Promise<Emitted>;

export interface EmitOnceOptions {
  install: string;
  placement: Placement;
  /** How long a message is remembered: longer than anything may be redelivered after. */
  horizonMs: number;
  maxLen?: number;
}

export function createEmitOnce(redis: Redis, options: EmitOnceOptions): EmitOnce {
  const { install, placement, horizonMs, maxLen = DEFAULT_MAX_LEN } = options;
  const run = loadScript(redis, import.meta.url, "./emit-once.lua");
  return async (entry, { fence, marker = entry.mid } = {}) => {
    const cell = placement.cellOf(entry.tenant);
    const partition = placement.partitionOf(cell, entry.namespace, entry.targets[0] ?? "");
    const keys = cellKeysOf(install, cell);
    const reply = await run(
      [keys.emitted(entry.tenant, entry.namespace, marker), keys.log(partition), keys.intake(fence?.source ?? "")],
      [horizonMs, maxLen, fence?.term ?? "", ...encodeEntry(entry)],
    );
    const [outcome, id] = reply as [string, string];
    if (outcome === "FENCED") return { outcome: "fenced" };
    if (outcome !== "NEW" && outcome !== "REPEAT") throw new RollcallError("INTERNAL");
    return { outcome: outcome === "NEW" ? "new" : "repeat", position: { cell, partition, id } };
  };
}
