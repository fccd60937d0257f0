/**
 * A circuit breaker: after some failures in a row a host is left alone, then one attempt finds out. While it stays ill
 * the pauses grow, up to a bound that lets its recovery be seen within seconds. Pure: time and chance are arguments.
 */

import type { Random } from "@rollcall/runtime";
import { backoffMs } from "../retry.ts";

export interface BreakerRules {
  /** Failures in a row that open it. */
  failures: number;
  /** The first pause; each failed probe doubles it. */
  minPauseMs: number;
  maxPauseMs: number;
  /** A probe that has not told by then is lost, and the next one is let through. */
  probeMs: number;
}

export type Breaker =
  | { state: "closed"; failures: number }
  /** Nobody is let through. `probes`: those that failed so far. */
  | { state: "open"; untilMs: number; probes: number }
  /** One attempt is under way; the others wait for what it finds. */
  | { state: "probing"; untilMs: number; probes: number };

export const CLOSED: Breaker = { state: "closed", failures: 0 };

/** How long nothing is worth an attempt, whole ms; 0: now. */
export function waitMs(breaker: Breaker, rules: BreakerRules, nowMs: number): number {
  if (breaker.state === "closed") return 0;
  const leftMs = Math.ceil(Math.max(0, breaker.untilMs - nowMs));
  // A probe may tell at any time: whoever waits for it looks again soon.
  return breaker.state === "probing" ? Math.min(leftMs, rules.minPauseMs) : leftMs;
}

/** May an attempt begin? If not, how long to wait. */
export function ask(breaker: Breaker, rules: BreakerRules, nowMs: number): { next: Breaker; waitMs: number } {
  const wait = waitMs(breaker, rules, nowMs);
  if (breaker.state === "closed" || wait > 0) return { next: breaker, waitMs: wait };
  return { next: { state: "probing", untilMs: nowMs + rules.probeMs, probes: breaker.probes }, waitMs: 0 };
}

/** The attempt that was let through is not made: the next who asks may. */
export function withdraw(breaker: Breaker, nowMs: number): Breaker {
  return breaker.state === "probing" ? { state: "open", untilMs: nowMs, probes: breaker.probes } : breaker;
}

/** What an attempt found. */
export function tell(
  breaker: Breaker,
  succeeded: boolean,
  rules: BreakerRules,
  nowMs: number,
  random: Random,
): Breaker {
  if (succeeded) return CLOSED;
  const open = (probes: number): Breaker => {
    const pauseMs = backoffMs({ minMs: rules.minPauseMs, maxMs: rules.maxPauseMs }, probes, random);
    return { state: "open", untilMs: nowMs + pauseMs, probes };
  };
  switch (breaker.state) {
    case "closed": {
      const failures = breaker.failures + 1;
      return failures >= rules.failures ? open(0) : { state: "closed", failures };
    }
    case "open":
      // Begun before it opened: nothing new.
      return breaker;
    case "probing":
      return open(breaker.probes + 1);
  }
}
