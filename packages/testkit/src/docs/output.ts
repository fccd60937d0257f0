/**
 * Does a program print what a guide says it prints? Word for word, but for
 *
 *     ...                       in a line: anything; alone on a line: any lines, also none
 *     times, durations, ids     of traces and of log entries: any other of its kind
 *     runs of blanks            inside a line, because columns grow with their cells
 */

const VARIABLE: [RegExp, string][] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, "<time>"],
  [/\b\d+(?:\.\d+)? (?:ms|s)\b/g, "<duration>"],
  [/\b[0-9a-f]{32}\b/g, "<trace>"],
  [/\b\d{13}-\d+\b/g, "<position>"],
  [/(?<=\S)[ \t]+/g, " "],
];

/**
 * How many of the printed lines the expected ones are; undefined: they differ. `whole`: nothing may follow.
 */
export function matchOutput(
  expected: readonly string[],
  printed: readonly string[],
  whole: boolean,
): number | undefined {
  const patterns = expected.map((line) => (line.trim() === "..." ? undefined : patternOf(line)));
  const texts = printed.map(plain);
  const from = (i: number, j: number): number | undefined => {
    if (i === patterns.length) return whole && j < texts.length ? undefined : j;
    const pattern = patterns[i];
    if (pattern !== undefined) return j < texts.length && pattern.test(texts[j]!) ? from(i + 1, j + 1) : undefined;
    for (let next = j; next <= texts.length; next++) {
      const end = from(i + 1, next);
      if (end !== undefined) return end;
    }
    return undefined;
  };
  return from(0, 0);
}

function patternOf(line: string): RegExp {
  const parts = line.split("...").map((part) => plain(part).replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

function plain(text: string): string {
  return VARIABLE.reduce((so, [pattern, kind]) => so.replace(pattern, kind), text).trimEnd();
}
