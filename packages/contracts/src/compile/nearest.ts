/** "Did you mean": the name that a misspelt one is nearest to. */

/** Further apart than so many letters, it is another word. */
const MAX_DISTANCE = 2;

export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((name) => ({ name, away: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ away }) => away <= MAX_DISTANCE)
    .toSorted((a, b) => a.away - b.away);
  return best === undefined ? undefined : `did you mean \`${best.name}\`?`;
}

/** Levenshtein's, for short words; anything long is far away. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_DISTANCE) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
