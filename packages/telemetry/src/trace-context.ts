/**
 * W3C trace context, level 2. `traceparent` travels in NATS headers, log entries and client meta, as one string
 * `00-<trace id>-<span id>-<flags>`; `tracestate`, which belongs to other vendors, in NATS headers only, because the log
 * and clients are no place for their bytes. Strict: what is malformed is no context.
 */

export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** Level 2: whoever began the trace says that the last 7 bytes of its id are random. Handed on as it came. */
  readonly random?: boolean;
}

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const LENGTH = 55;
/** A later version may have more to say after a further `-`; nobody has that much. */
const MAX_LENGTH = 512;
const SAMPLED = 1;
const RANDOM = 2;
const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);

export function parseTraceparent(value: unknown): TraceContext | undefined {
  if (typeof value !== "string" || value.length < LENGTH || value.length > MAX_LENGTH) return undefined;
  if (value.length > LENGTH && (value[LENGTH] !== "-" || value.startsWith("00"))) return undefined;
  const match = PATTERN.exec(value.slice(0, LENGTH));
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags] = match as unknown as [string, string, string, string, string];
  if (version === "ff" || traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  const bits = Number.parseInt(flags, 16);
  const sampled = (bits & SAMPLED) !== 0;
  return (bits & RANDOM) === 0 ? { traceId, spanId, sampled } : { traceId, spanId, sampled, random: true };
}

export function formatTraceparent({ traceId, spanId, sampled, random }: TraceContext): string {
  return `00-${traceId}-${spanId}-0${(sampled ? SAMPLED : 0) + (random === true ? RANDOM : 0)}`;
}

/** The first of these that is one. */
/** Of a well-formed one. */
export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35);

export const firstTraceparent = (...values: unknown[]): string | undefined =>
  values.find((value): value is string => parseTraceparent(value) !== undefined);

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

const STATE_KEY = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/;
const STATE_VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_STATE_MEMBERS = 32;
const MAX_STATE_LENGTH = 512;

/** A `tracestate` that may be handed on: its members without the empty ones. Undefined: none, malformed or too long. */
export function parseTracestate(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > MAX_STATE_LENGTH) return undefined;
  const members = value
    .split(",")
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((member) => member !== "");
  if (members.length === 0 || members.length > MAX_STATE_MEMBERS) return undefined;
  const keys = new Set<string>();
  for (const member of members) {
    const at = member.indexOf("=");
    const key = member.slice(0, at);
    if (at < 0 || keys.has(key) || !STATE_KEY.test(key) || !STATE_VALUE.test(member.slice(at + 1))) return undefined;
    keys.add(key);
  }
  return members.join(",");
}
