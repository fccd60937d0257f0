/** Patterns of capabilities, rooms and state keys: an exact name, or a prefix with one final `*`. */

/** `*` stands for one or more characters and is special only at the end. */
export function matches(pattern: string, value: string): boolean {
  if (pattern.endsWith("*")) {
    return value.length >= pattern.length && value.startsWith(pattern.slice(0, -1));
  }
  return pattern === value;
}

/** The most specific matching pattern: an exact one, else the longest prefix. */
export function longestMatch<T>(patterns: Iterable<readonly [string, T]>, value: string): T | undefined {
  let best: T | undefined;
  let bestLength = -1;
  for (const [pattern, item] of patterns) {
    if (!matches(pattern, value)) continue;
    if (pattern === value) return item;
    if (pattern.length > bestLength) {
      best = item;
      bestLength = pattern.length;
    }
  }
  return best;
}
