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
