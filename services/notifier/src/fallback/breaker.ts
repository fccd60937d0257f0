/**
 * A circuit breaker: after some failures in a row a host is left alone for a while, then one attempt finds out. Pure:
 * time is an argument.
 */

export interface BreakerRules {
  /** Failures in a row that open it. */
  failures: number;
  openMs: number;
}

export type Breaker =
  | { state: "closed"; failures: number }
  | { state: "open"; untilMs: number }
  /** One attempt is under way; the others wait for what it finds. */
  | { state: "probing"; untilMs: number };

export const CLOSED: Breaker = { state: "closed", failures: 0 };

/** May an attempt begin? If not, how long to wait. */
export function ask(breaker: Breaker, rules: BreakerRules, nowMs: number): { next: Breaker; waitMs: number } {
  if (breaker.state === "closed") return { next: breaker, waitMs: 0 };
  if (breaker.untilMs > nowMs) return { next: breaker, waitMs: breaker.untilMs - nowMs };
  return { next: { state: "probing", untilMs: nowMs + rules.openMs }, waitMs: 0 };
}

export function tell(breaker: Breaker, succeeded: boolean, rules: BreakerRules, nowMs: number): Breaker {
  if (succeeded) return CLOSED;
  const failures = breaker.state === "closed" ? breaker.failures + 1 : rules.failures;
  return failures >= rules.failures ? { state: "open", untilMs: nowMs + rules.openMs } : { state: "closed", failures };
}
