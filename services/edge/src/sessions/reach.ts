/**
 * Does presence answer, and what do its answers say of its store? A state machine without I/O: the shell tells it of
 * every answer and every failure, and does what it says.
 *
 * R1 presence is away until it has answered once, and after two failures in a row; one answer makes it live.
 * R2 another epoch than the one before means that the store began anew: both sides are compared at once.
 * R3 retries wait longer with each failure, up to a second.
 */

/** Failures in a row after which presence counts as away. */
export const STALE_AFTER = 2;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;

export interface Reach {
  readonly failures: number;
  readonly health: "live" | "stale";
  /** While the brake holds, what is read may name some who are gone. */
  readonly brake: boolean;
  /** Of the store; undefined until it has been heard of. */
  readonly epoch: string | undefined;
}

export type ReachEvent =
  | { type: "answered"; epoch: string; brake: boolean }
  | { type: "failed" }
  /** The log or a message tells the epoch before any answer does. */
  | { type: "epoch"; epoch: string };

/** In this order. `away`: of a failure that counts, also when presence was away before. */
export type ReachEffect = "live" | "stale" | "away" | "epoch" | "brake";

export const OUT_OF_REACH: Reach = { failures: STALE_AFTER, health: "stale", brake: false, epoch: undefined };

export function reach(state: Reach, event: ReachEvent): { state: Reach; effects: ReachEffect[] } {
  switch (event.type) {
    case "answered": {
      const effects: ReachEffect[] = [];
      if (state.health === "stale") effects.push("live");
      if (beganAnew(state, event.epoch)) effects.push("epoch");
      if (state.brake !== event.brake) effects.push("brake");
      return { state: { failures: 0, health: "live", brake: event.brake, epoch: event.epoch }, effects };
    }
    case "epoch":
      return { state: { ...state, epoch: event.epoch }, effects: beganAnew(state, event.epoch) ? ["epoch"] : [] };
    case "failed": {
      const failures = state.failures + 1;
      if (failures < STALE_AFTER) return { state: { ...state, failures }, effects: [] };
      const effects: ReachEffect[] = state.health === "live" ? ["stale", "away"] : ["away"];
      return { state: { ...state, failures, health: "stale" }, effects };
    }
  }
}

/** R2. The first one heard of is no other. */
const beganAnew = ({ epoch }: Reach, heard: string): boolean => epoch !== undefined && epoch !== heard;

/** R3; `random` in [0, 1) spreads the edges. */
export function retryMs({ failures }: Reach, random: number): number {
  const ceiling = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(failures, 10));
  return ceiling * (0.5 + random / 2);
}
