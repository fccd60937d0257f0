/**
 * Refuses regular expressions that can backtrack without end: a repetition without bound around something that itself
 * repeats or branches. Conservative: some harmless ones are refused too, and can always be written otherwise.
 */

interface Group {
  /** Holds an unbounded repetition, or alternatives. */
  risky: boolean;
}

/** Longest pattern that is looked at. */
const MAX_LENGTH = 1_000;

/** Why `pattern` is not accepted, or undefined. */
export function unsafeRegex(pattern: string): string | undefined {
  if (pattern.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  try {
    new RegExp(pattern, "u");
  } catch {
    return "is no regular expression";
  }
  if (/\\[1-9]|\\k</.test(pattern)) return "uses back-references, whose cost has no bound";
  const open: Group[] = [{ risky: false }];
  let closed: Group | undefined;
  let adjacent = 0;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    const unbounded = repetitionAt(pattern, i);
    if (unbounded !== undefined) {
      if (unbounded.infinite) {
        if (closed?.risky === true)
          return "repeats a group that itself repeats or branches: it may backtrack without end";
        if (++adjacent > MAX_ADJACENT) return "has many repetitions in a row: it may backtrack for very long";
        open.at(-1)!.risky = true;
      }
      i = unbounded.end;
      closed = undefined;
      continue;
    }
    closed = undefined;
    if (char === "\\") i++;
    else if (char === "[") i = classEnd(pattern, i);
    else if (char === "|") open.at(-1)!.risky = true;
    else if (char === "(") open.push({ risky: false });
    else if (char === ")" && open.length > 1) {
      closed = open.pop()!;
      if (closed.risky) open.at(-1)!.risky = true;
    }
  }
  return undefined;
}

/** Several unbounded repetitions cost a power of the length: with few of them and a bounded length that is affordable. */
const MAX_ADJACENT = 3;

function repetitionAt(pattern: string, i: number): { end: number; infinite: boolean } | undefined {
  const char = pattern[i];
  let end = i;
  let infinite = true;
  if (char === "{") {
    const match = /^\{(\d+)(,?)(\d*)\}/.exec(pattern.slice(i));
    if (match === null) return undefined;
    end = i + match[0].length - 1;
    infinite = match[2] === "," && match[3] === "";
  } else if (char === "?") {
    infinite = false;
  } else if (char !== "*" && char !== "+") {
    return undefined;
  }
  if (pattern[end + 1] === "?") end++;
  return { end, infinite };
}

function classEnd(pattern: string, i: number): number {
  let end = i + 1;
  while (end < pattern.length && pattern[end] !== "]") end += pattern[end] === "\\" ? 2 : 1;
  return end;
}
