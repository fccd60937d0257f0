/** `30/s`, `24h`: how contract files write rates and times. */

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds; `0` needs no unit. Undefined: cannot be read. */
export function parseDuration(value: unknown): number | undefined {
  if (value === 0 || value === "0") return 0;
  const match = typeof value === "string" ? /^(\d{1,9})(ms|s|m|h|d)$/.exec(value) : null;
  return match === null ? undefined : Number(match[1]) * UNITS[match[2]!]!;
}

/** Events per second. */
export function parseRate(value: unknown): number | undefined {
  const match = typeof value === "string" ? /^(\d{1,6}(?:\.\d{1,3})?)\/(s|m|h)$/.exec(value) : null;
  if (match === null) return undefined;
  const perSecond = (Number(match[1]) * 1_000) / UNITS[match[2]!]!;
  return perSecond > 0 ? perSecond : undefined;
}

/** As a contract file would write it. */
export function formatDuration(ms: number): string {
  const unit = ["d", "h", "m", "s"].find((name) => ms > 0 && ms % UNITS[name]! === 0) ?? "ms";
  return `${ms / UNITS[unit]!}${unit}`;
}
