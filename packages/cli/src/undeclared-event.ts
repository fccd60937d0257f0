/** What to say about an event that no contract declares: those that look like it first, and how many more there are. */

const SHOWN = 12;

export function undeclaredEvent(name: string, declared: Iterable<string>): string {
  const likeness = new Map([...new Set(declared)].map((known) => [known, alike(name, known)]));
  const known = [...likeness.keys()].toSorted((a, b) => likeness.get(b)! - likeness.get(a)! || (a < b ? -1 : 1));
  if (known.length === 0) return "No event is declared.";
  const shown = known.slice(0, SHOWN).join(" ");
  const more = known.length - SHOWN;
  return more <= 0
    ? `There are: ${shown}`
    : `Nearest: ${shown}\nThere are ${more} more: ./rollcall contracts docs --out DIR lists all in catalogue.md`;
}

/** Pairs of neighbouring letters that two names share, of all they have: 0 to 1. */
function alike(a: string, b: string): number {
  const [left, right] = [pairs(a), pairs(b)];
  return (2 * [...left].filter((pair) => right.has(pair)).length) / Math.max(1, left.size + right.size);
}

const pairs = (word: string) =>
  new Set(Array.from({ length: Math.max(0, word.length - 1) }, (_, n) => word.toLowerCase().slice(n, n + 2)));
