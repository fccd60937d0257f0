/**
 * W3C trace context, level 1: what travels in NATS headers, log entries and client meta, as one string
 * `00-<trace id>-<span id>-<flags>`. Strict: what is not exactly that is no context.
 */

export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const LENGTH = 55;
const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);

export function parseTraceparent(value: unknown): TraceContext | undefined {
  if (typeof value !== "string" || value.length !== LENGTH) return undefined;
  const match = PATTERN.exec(value);
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags] = match as unknown as [string, string, string, string, string];
  if (version === "ff" || traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent(context: TraceContext): string {
  return `00-${context.traceId}-${context.spanId}-${context.sampled ? "01" : "00"}`;
}

/** The same context with the given flag: a client gives a trace id, never a sampling decision. */
export function withSampledFlag(traceparent: string, sampled: boolean): string {
  return `${traceparent.slice(0, -2)}${sampled ? "01" : "00"}`;
}

/**
 * Is the flag of a *valid* traceparent set? One character, because it is asked for every delivery.
 * Flags have two hex digits; the last one's lowest bit is the sampled flag.
 */
export function isSampled(traceparent: string): boolean {
  const code = traceparent.charCodeAt(LENGTH - 1);
  // '0'-'9' are 48-57 and 'a'-'f' are 97-102: the digit is odd exactly when
  // its code is odd for digits and even for letters.
  return code < 58 ? (code & 1) === 1 : (code & 1) === 0;
}
