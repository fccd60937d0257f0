/**
 * From an expression to a graph of nodes (Thompson's construction). What a graph cannot say in bounded time -
 * references back, looking around - is a mistake here, with what to write instead.
 */

import { type AST, RegExpParser } from "@eslint-community/regexpp";
import { type CharSet, setOf, withBothCases } from "./char-set.ts";

export type Node =
  | { kind: "match" }
  | { kind: "split"; to: number[] }
  | { kind: "char"; set: CharSet; to: number }
  | { kind: "assert"; what: "start" | "end" | "word" | "not-word"; to: number };

export interface Nfa {
  nodes: readonly Node[];
  start: number;
}

/** Repetitions multiply: `(a{100}){100}` is 10,000 nodes. */
export const MAX_NODES = 10_000;

/** The expression cannot be matched in bounded time, or is none. The message says why and what to do. */
export class RegexMistake extends Error {}

const parser = new RegExpParser({ ecmaVersion: 2025 });

export interface NfaOptions {
  unicode: boolean;
  ignoreCase: boolean;
  /** `x{3,9}` becomes `xx` and any number of `x`: what can be repeated stays, how often does not. */
  shortCounts?: boolean;
}

export function nfaOf(pattern: string, options: NfaOptions): Nfa {
  const builder = new Builder(options);
  let root: AST.Pattern;
  try {
    root = parser.parsePattern(pattern, 0, pattern.length, { unicode: options.unicode });
  } catch (error) {
    const why = (error as Error).message.replace(/^Invalid regular expression: .*: /su, "");
    throw new RegexMistake(`is no regular expression: ${why}`);
  }
  const match = builder.add({ kind: "match" });
  return { start: builder.alternatives(root.alternatives, match), nodes: builder.nodes };
}

/** Built from its end: each part is told which node comes after it. */
class Builder {
  readonly nodes: Node[] = [];
  readonly #options: NfaOptions;

  constructor(options: NfaOptions) {
    this.#options = options;
  }

  add(node: Node): number {
    if (this.nodes.length >= MAX_NODES) {
      throw new RegexMistake(
        `repeats too much (more than ${MAX_NODES} steps): use \`maxLength\` instead of large counts`,
      );
    }
    return this.nodes.push(node) - 1;
  }

  alternatives(alternatives: readonly AST.Alternative[], next: number): number {
    const starts = alternatives.map(({ elements }) =>
      elements.reduceRight((after, element) => this.#element(element, after), next),
    );
    return starts.length === 1 ? starts[0]! : this.add({ kind: "split", to: starts });
  }

  #element(element: AST.Element, next: number): number {
    switch (element.type) {
      case "Character":
      case "CharacterSet":
      case "CharacterClass": {
        const set = setOf(element);
        return this.add({ kind: "char", set: this.#options.ignoreCase ? withBothCases(set) : set, to: next });
      }
      case "Group":
        if (element.modifiers !== null) throw new RegexMistake("changes its flags inside: write the cases out");
        return this.alternatives(element.alternatives, next);
      case "CapturingGroup":
        return this.alternatives(element.alternatives, next);
      case "Quantifier":
        return this.#quantifier(element, next);
      case "Assertion":
        return this.#assertion(element, next);
      default:
        throw new RegexMistake(
          element.type === "Backreference"
            ? "refers back to a group, which cannot be matched in bounded time: write the cases out"
            : "uses sets of strings: write the cases out",
        );
    }
  }

  #quantifier(quantifier: AST.Quantifier, next: number): number {
    const { element } = quantifier;
    let { min, max } = quantifier;
    if (this.#options.shortCounts === true) {
      if (max > min + 1) max = Number.POSITIVE_INFINITY;
      else max -= min - Math.min(min, 2);
      min = Math.min(min, 2);
    }
    let at = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = { kind: "split" as const, to: [] as number[] };
      at = this.add(loop);
      loop.to.push(this.#element(element, at), next);
    } else {
      for (let i = min; i < max; i++) at = this.add({ kind: "split", to: [this.#element(element, at), next] });
    }
    for (let i = 0; i < min; i++) at = this.#element(element, at);
    return at;
  }

  #assertion(assertion: AST.Assertion, next: number): number {
    switch (assertion.kind) {
      case "start":
      case "end":
        return this.add({ kind: "assert", what: assertion.kind, to: next });
      case "word":
        return this.add({ kind: "assert", what: assertion.negate ? "not-word" : "word", to: next });
      default:
        throw new RegexMistake(
          "looks ahead or behind, which cannot be matched in bounded time: use `allOf` with several patterns, and `not`",
        );
    }
  }
}
