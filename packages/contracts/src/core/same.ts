/**
 * Which JSON values are the same, for `uniqueItems`, `enum` and `const`: in time that grows with their bytes, whoever made
 * them. A `Set` of numbers is no help, since V8 hashes those alike in every process: 7,000 that fall into one bucket take
 * it 67 ms. So numbers are sorted, and so are objects by a hash of their content. Values must not be deep.
 */

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/**
 * Different items of one hash that are told apart. Not even one is to be expected in a payload that was not made for it;
 * what has more of them is taken to repeat itself.
 */
const MAX_COLLISIONS = 16;
/** Below so many, each is compared with each: nothing is made for arrays that may be many. */
const FEW = 7;
/** Room for an item's place below its hash in one number. */
const PLACES = 2 ** 21;

export function hasDuplicates(items: readonly unknown[]): boolean {
  if (items.length < FEW) return items.some((_, i) => hasSameBefore(items, i));
  const texts = new Set<unknown>(); // V8 hashes texts with a secret
  const numbers: number[] = [];
  const hashes: number[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (typeof item === "number") numbers.push(item);
    else if (isObject(item)) hashes.push(hashOf(item) * PLACES + i);
    else texts.add(item);
  }
  if (texts.size + numbers.length + hashes.length < items.length) return true;
  const sorted = new Float64Array(numbers).sort();
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) return true;
  return hasSame(items, new Float64Array(hashes).sort());
}

function hasSameBefore(items: readonly unknown[], i: number): boolean {
  const item = items[i];
  for (let other = 0; other < i; other++) if (isSame(item, items[other])) return true;
  return false;
}

/** `sorted`: their hashes and places. */
function hasSame(items: readonly unknown[], sorted: Float64Array): boolean {
  let collisions = 0;
  let first = 0;
  for (let i = 1; i < sorted.length; i++) {
    if (Math.floor(sorted[i]! / PLACES) !== Math.floor(sorted[first]! / PLACES)) first = i;
    for (let other = first; other < i; other++, collisions++) {
      if (collisions === MAX_COLLISIONS) return true;
      if (isSame(items[sorted[i]! % PLACES], items[sorted[other]! % PLACES])) return true;
    }
  }
  return false;
}

/** One look at the value, however many members there are. */
export function isOneOf(members: readonly unknown[]): (value: unknown) => boolean {
  const scalars = new Set(members.filter((member) => !isObject(member)));
  const objects = Map.groupBy(members.filter(isObject), hashOf);
  return (value) =>
    isObject(value) ? objects.get(hashOf(value))?.some((member) => isSame(member, value)) === true : scalars.has(value);
}

/** As JSON Schema has it: whatever the order of members, and by their own only. */
export function isSame(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return a === b;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(memberOf(a, key), memberOf(b, key)))
  );
}

const memberOf = (value: object, key: string): unknown => (value as Record<string, unknown>)[key];

/** 32 bits, the same for the same values. */
export function hashOf(value: unknown): number {
  return hash(value) >>> 0;
}

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

function hash(value: unknown): number {
  if (typeof value === "string") return hashText(value);
  if (typeof value === "number") {
    if (value === (value | 0)) return mix(3, value);
    double[0] = value;
    return mix(mix(5, halves[0]!), halves[1]!);
  }
  if (!isObject(value)) return value === null ? 7 : value === true ? 11 : 13;
  if (Array.isArray(value)) {
    let all = 17;
    for (const item of value) all = mix(all, hash(item));
    return all;
  }
  let all = 19;
  // A sum, so that their order is nothing.
  for (const key of Object.keys(value)) all = (all + mix(hashText(key), hash(memberOf(value, key)))) | 0;
  return all;
}

function hashText(text: string): number {
  let all = text.length;
  for (let i = 0; i < text.length; i++) all = mix(all, text.charCodeAt(i));
  return all;
}

function mix(all: number, next: number): number {
  const mixed = Math.imul(all ^ next, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
