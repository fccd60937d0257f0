/** What is built into the scripts as the table `CFG`. */

import type { StoreBounds } from "../store.ts";

/** Everything a script may not decide for itself. Names are those of `CFG` in `lua/`. */
export function constantsOf(bounds: StoreBounds): Record<string, number> {
  return {
    grace: bounds.graceMs,
    lease: bounds.leaseMs,
    brake: bounds.brakeMs,
    brake_share: 0.3,
    /** A longer time between two looks is none in which anyone could have answered; it counts as `gap_step`. */
    gap: 1_000,
    gap_step: 250,
    /** What it counts for where more is safe: longer than any word of an edge waits to be heard. */
    gap_passed: 3_600_000,
    /** No client comes back sooner; what edges say is later than that only on a bad day. */
    return_least: 500,
    /** Below this the clock's record is not worth a write. */
    tick: 20,
    /** Items one sweep may touch. */
    sweep: 100,
    edges: 500,
    session_rooms: 100,
    /** Seconds a fenced edge's id is remembered: longer than any call of it can be on its way. */
    tombstone: 600,
    retain_min: 60_000,
    resync: 1_000,
    spread: 2_000,
    occupancy_above: bounds.occupancyAbove,
    occupancy_below: bounds.occupancyBelow,
    occupancy_every: 1_000,
    trace_to_client: bounds.traceToClient ? 1 : 0,
    log_max: bounds.logMaxLen,
    /** A deleted key is remembered so long, for deltas. */
    tombstone_state: 600_000,
    /** Changed keys in one delta; beyond, a snapshot is shorter. */
    state_changes: 512,
    state_value: 8 * 1024,
    state_keys: 256,
    state_bytes: 256 * 1024,
    publish_every: 1_000,
    history_trim: 10,
    /** How long an id's answer is remembered. */
    idempotent: 600_000,
    /** Beyond, the oldest are dropped and counted. */
    outbox_max: bounds.outboxMaxLen ?? 1_000_000,
  };
}
