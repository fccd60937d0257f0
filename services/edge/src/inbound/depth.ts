/** Nesting of a parsed JSON value, bounded: what is deeper could exhaust the stack of whoever walks it. */

/** Objects and arrays within each other. */
export const MAX_DEPTH = 32;

export function isTooDeep(value: unknown, allowed = MAX_DEPTH): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (allowed === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isTooDeep(item, allowed - 1)) return true;
    return false;
  }
  for (const key in value) if (isTooDeep((value as Record<string, unknown>)[key], allowed - 1)) return true;
  return false;
}

/** Brackets around the innermost value, counted without recursion: for values that exhaust the stack of whoever recurs. */
export function depthOf(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  for (;;) {
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
    depth++;
    if (level.every((item) => typeof item !== "object" || item === null)) return depth;
  }
}
