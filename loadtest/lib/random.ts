/** What is left to chance. */

/** So many of them, each once; all when there are not as many. */
export function pick<T>(items: readonly T[], count: number): T[] {
  const left = [...items];
  const picked: T[] = [];
  while (picked.length < count && left.length > 0) {
    const [one] = left.splice(Math.floor(Math.random() * left.length), 1);
    picked.push(one as T);
  }
  return picked;
}

/** 32 characters: not guessable is not needed, not chosen twice is. */
export function newSession(): string {
  let id = "";
  while (id.length < 32) id += Math.random().toString(36).slice(2);
  return id.slice(0, 32);
}
