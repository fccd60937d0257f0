/** Sets of code points, as sorted ranges that do not touch. */

import type { AST } from "@eslint-community/regexpp";

export type CharSet = readonly (readonly [from: number, to: number])[];

export const MAX_CODE_POINT = 0x10ffff;
export const DIGITS: CharSet = [[0x30, 0x39]];
export const WORDS: CharSet = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]; // biome-ignore format: one line
const LINE_ENDS: CharSet = [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]]; // biome-ignore format: one line

export function union(...sets: CharSet[]): CharSet {
  const merged: [number, number][] = [];
  for (const [from, to] of sets.flat().toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function complement(set: CharSet): CharSet {
  const rest: [number, number][] = [];
  let next = 0;
  for (const [from, to] of set) {
    if (from > next) rest.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= MAX_CODE_POINT) rest.push([next, MAX_CODE_POINT]);
  return rest;
}

/** Both cases of each Latin letter in the set. */
export function withBothCases(set: CharSet): CharSet {
  const shifted = (from: number, to: number, by: number): CharSet =>
    set.flatMap(([low, high]) => {
      const [start, end] = [Math.max(low, from), Math.min(high, to)];
      return start <= end ? [[start + by, end + by] as const] : [];
    });
  return union(set, shifted(0x41, 0x5a, 32), shifted(0x61, 0x7a, -32));
}

type Single = AST.Character | AST.CharacterSet | AST.CharacterClass;

/** What one element of an expression matches. Throws on sets of `v` expressions, which are not parsed here. */
export function setOf(node: Single | AST.CharacterClassRange | AST.ClassRangesCharacterClassElement): CharSet {
  switch (node.type) {
    case "Character":
      return [[node.value, node.value]];
    case "CharacterClassRange":
      return [[node.min.value, node.max.value]];
    case "CharacterSet":
      return escapeSet(node);
    case "CharacterClass": {
      const set = union(...node.elements.map((element) => setOf(element as AST.ClassRangesCharacterClassElement)));
      return node.negate ? complement(set) : set;
    }
  }
}

function escapeSet(node: AST.CharacterSet): CharSet {
  if (node.kind === "any") return complement(LINE_ENDS);
  const set = node.kind === "digit" ? DIGITS : node.kind === "word" ? WORDS : scanned(node);
  return (node.kind === "digit" || node.kind === "word") && node.negate ? complement(set) : set;
}

/** `\s` and `\p{...}`: asked of the engine itself, whose Unicode is the one that counts. About 20 ms, once each. */
function scanned(node: AST.CharacterSet): CharSet {
  const known = scans.get(node.raw);
  if (known !== undefined) return known;
  const one = new RegExp(`^${node.raw}$`, "u");
  const found: [number, number][] = [];
  for (let code = 0; code <= MAX_CODE_POINT; code++) {
    if (!one.test(String.fromCodePoint(code))) continue;
    const last = found.at(-1);
    if (last?.[1] === code - 1) last[1] = code;
    else found.push([code, code]);
  }
  // Unicode has a few hundred properties: the map is bounded by what can be written.
  scans.set(node.raw, found);
  return found;
}

const scans = new Map<string, CharSet>();
