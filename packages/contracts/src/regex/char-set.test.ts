import { RegExpParser } from "@eslint-community/regexpp";
import { describe, expect, test } from "vitest";
import { type CharSet, complement, MAX_CODE_POINT, setOf, union, withBothCases } from "./char-set.ts";

const range = (from: string, to = from) => [from.codePointAt(0)!, to.codePointAt(0)!] as const;
/** Of an expression that is one element. */
const setOfText = (text: string): CharSet =>
  setOf(new RegExpParser().parsePattern(text, 0, text.length, { unicode: true }).alternatives[0]!.elements[0] as never);

describe("a union", () => {
  test("is sorted, and what overlaps or touches is one range", () => {
    expect(union([range("x", "z"), range("a", "c")], [range("b", "e")], [range("f")])).toEqual([
      range("a", "f"),
      range("x", "z"),
    ]);
  });

  test("keeps apart what one code point is between, and takes in what another holds", () => {
    expect(union([range("a", "b")], [range("d")])).toEqual([range("a", "b"), range("d")]);
    expect(union([range("a", "z")], [range("c")], [range("y")])).toEqual([range("a", "z")]);
  });
});

describe("a complement", () => {
  test.each<[string, CharSet, CharSet]>([
    ["of nothing is all", [], [[0, MAX_CODE_POINT]]],
    ["of all is nothing", [[0, MAX_CODE_POINT]], []],
    ["of the first and the last is what is between", [[0, 0], [MAX_CODE_POINT, MAX_CODE_POINT]], [[1, MAX_CODE_POINT - 1]]], // biome-ignore format: one line
    ["of a range in the middle is both sides", [[5, 9]], [[0, 4], [10, MAX_CODE_POINT]]], // biome-ignore format: one line
    ["of all but the last is the last", [[0, MAX_CODE_POINT - 1]], [[MAX_CODE_POINT, MAX_CODE_POINT]]],
  ])("%s", (_, set, rest) => {
    expect(complement(set)).toEqual(rest);
    expect(complement(rest)).toEqual(set);
  });
});

test.each<[string, CharSet, CharSet]>([
  ["a part of small letters", [range("b", "d")], [range("B", "D"), range("b", "d")]],
  ["a part of large letters", [range("B", "D")], [range("B", "D"), range("b", "d")]],
  ["the ends of the alphabet", [range("a"), range("z")], [range("A"), range("Z"), range("a"), range("z")]],
  ["what stands beside letters, which has no other case", [range("@"), range("["), range("`"), range("{")], [range("@"), range("["), range("`"), range("{")]], // biome-ignore format: one line
  ["a range over both, and more", [range("@", "{")], [range("@", "{")]],
])("both cases of %s", (_, set, both) => {
  expect(withBothCases(set)).toEqual(both);
});

/** Asked of the engine, code point by code point. */
test.each(["a", "[a-cx]", "[^a-c]", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", ".", "\\p{Lu}", "\\P{L}", "[\\d_]"])(
  "%s holds what it holds in JavaScript",
  (text) => {
    const native = new RegExp(`^(?:${text})$`, "u");
    const set = setOfText(text);
    const differs: number[] = [];
    let at = 0;
    for (let code = 0; code <= MAX_CODE_POINT; code++) {
      while (at < set.length && set[at]![1] < code) at++;
      const isHeld = at < set.length && set[at]![0] <= code;
      if (native.test(String.fromCodePoint(code)) !== isHeld) differs.push(code);
    }
    expect(differs).toEqual([]);
    expect(union(set), "sorted, in ranges that do not touch").toEqual(set);
  },
);
