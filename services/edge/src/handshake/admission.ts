/**
 * May one more connection begin? Decided before anything is made for it, from facts alone. What refuses here passes by
 * itself: stock clients back off and return, so the answer is 503 with a `Retry-After` that spreads them.
 */

export interface AdmissionFacts {
  draining: boolean;
  /** Can the log be read? Without it nothing could be delivered. */
  logLive: boolean;
  connections: number;
  /** Connections that have not become a session yet. */
  handshakes: number;
  /** Connections of the same address, this one not counted. */
  ofAddress: number;
  loopDelayMs: number;
  heapUsedBytes: number;
}

export interface AdmissionLimits {
  maxConnections: number;
  maxHandshakes: number;
  maxPerAddress: number;
  maxLoopDelayMs: number;
  maxHeapBytes: number;
}

export type AdmissionRefusal = "DRAINING" | "UNAVAILABLE" | "OVERLOADED";

export function admissionRefusal(facts: AdmissionFacts, limits: AdmissionLimits): AdmissionRefusal | undefined {
  if (facts.draining) return "DRAINING";
  if (!facts.logLive) return "UNAVAILABLE";
  const overloaded =
    facts.connections >= limits.maxConnections ||
    facts.handshakes >= limits.maxHandshakes ||
    facts.ofAddress >= limits.maxPerAddress ||
    facts.loopDelayMs > limits.maxLoopDelayMs ||
    facts.heapUsedBytes > limits.maxHeapBytes;
  return overloaded ? "OVERLOADED" : undefined;
}

const RETRY_MIN_S = 1;
const RETRY_SPREAD_S = 4;

/** Whole seconds, as HTTP has it; `random` in [0, 1). */
export const retryAfterS = (random: number): number => RETRY_MIN_S + Math.floor(random * RETRY_SPREAD_S);
