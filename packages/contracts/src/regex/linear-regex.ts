/**
 * Regular expressions of contract files and of the core's schemas: JavaScript's syntax and meaning (`u` expressions),
 * but each character of a text costs one look-up in a table. There is no backtracking, so no text is slow, and an
 * expression whose table would be too large is refused when it is made.
 */

import { findAmbiguity } from "./ambiguity.ts";
import { type Dfa, dfaOf, MATCHED, START } from "./dfa.ts";
import { nfaOf, RegexMistake } from "./nfa.ts";

/** Longest expression that is looked at. */
const MAX_LENGTH = 2_000;
/** Tables are kept for all who use the same expression: beyond so many, the oldest are made anew when asked. */
const MAX_KEPT = 2_000;

export class LinearRegex {
  readonly #key: string;
  readonly #ascii = new Uint8Array(128);
  readonly #dfa: Dfa;

  /** Throws {@link RegexMistake}. Flags: `u`, `i` (Latin letters only). */
  constructor(pattern: string, flags = "u") {
    this.#key = `/${pattern}/${flags}`;
    if (pattern.length > MAX_LENGTH) throw new RegexMistake(`is longer than ${MAX_LENGTH} characters`);
    this.#dfa = dfaOf(nfaOf(pattern, { unicode: flags.includes("u"), ignoreCase: flags.includes("i") }));
    for (let code = 0; code < 128; code++) this.#ascii[code] = this.#classOf(code);
  }

  /** Some part of `text` matches. */
  test(text: string): boolean {
    const { table, width, accepts } = this.#dfa;
    const ascii = this.#ascii;
    let state = START;
    for (let i = 0; i < text.length; i++) {
      let code = text.charCodeAt(i);
      if (code > 0xd7ff && code < 0xdc00) {
        code = text.codePointAt(i)!;
        if (code > 0xffff) i++;
      }
      state = table[state * width + (code < 128 ? ascii[code]! : this.#classOf(code))]!;
      if (state <= MATCHED) return state === MATCHED;
    }
    return accepts[state] === 1;
  }

  /** Rows of the table. */
  get states(): number {
    return this.#dfa.accepts.length;
  }

  /** Ajv tells expressions apart by this. */
  toString(): string {
    return this.#key;
  }

  #classOf(code: number): number {
    const { starts, classOf } = this.#dfa.classes;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= code) low = middle;
      else high = middle - 1;
    }
    return classOf[low]!;
  }
}

const kept = new Map<string, LinearRegex>();

export function linearRegex(pattern: string, flags = "u"): LinearRegex {
  const key = `${flags} ${pattern}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = new LinearRegex(pattern, flags);
  if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value!);
  kept.set(key, made);
  return made;
}

const judged = new Map<string, string | undefined>();

/** Why `pattern` is not accepted, or undefined: it must be matched in bounded time here, and by engines that backtrack. */
export function regexMistake(pattern: string): string | undefined {
  if (judged.has(pattern)) return judged.get(pattern);
  if (judged.size >= MAX_KEPT) judged.clear();
  const mistake = mistakeOf(pattern);
  judged.set(pattern, mistake);
  return mistake;
}

function mistakeOf(pattern: string): string | undefined {
  try {
    linearRegex(pattern);
    findAmbiguity(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof RegexMistake) return error.message;
    throw error;
  }
}
