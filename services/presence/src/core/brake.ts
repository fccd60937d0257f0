/** When evictions are held, and when no longer (W3, W4). */

export type BrakeReason = "leases" | "outage" | "epoch";

export interface Brake {
  readonly reason: BrakeReason;
  /** How long it has held while an observer was well. */
  readonly spentMs: number;
}

/** Share of the known edges that must expire at once. */
export const BRAKE_SHARE = 0.3;

/** W3: `expired` now, `recent` within the last lease; `known` counts both. */
export function isMassExpiry(expired: number, recent: number, known: number): boolean {
  const gone = expired + recent;
  return expired > 0 && gone >= 2 && gone >= BRAKE_SHARE * known;
}

/** W4. */
export function mayRelease(brake: Brake, unrenewed: number, bounds: { leaseMs: number; brakeMs: number }): boolean {
  if (brake.spentMs >= bounds.brakeMs) return true;
  const leastMs = brake.reason === "leases" ? 0 : bounds.leaseMs;
  return brake.spentMs >= leastMs && unrenewed === 0;
}
