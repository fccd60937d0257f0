import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasDuplicates, isOneOf, isSame } from "./same.ts";

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The same value with members in another order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([key, inner]) => [key, turned(inner)]));
}

/** Enough for other ways than comparing each with each. */
const others = Array.from({ length: 9 }, (_, i) => ["of its own", i]);

test("the same whatever the order of members; another once anything differs", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (one, two) => {
      const [a, b] = [json(one), json(two)];
      expect(isSame(a, turned(a))).toBe(true);
      expect(isOneOf([b, a])(turned(a))).toBe(true);
      expect(hasDuplicates([b, a, turned(a)])).toBe(true);
      expect(hasDuplicates([...others, b, a, turned(a)])).toBe(true);
      const areAlike = isDeepStrictEqual(a, b);
      expect(isOneOf([b])(a)).toBe(areAlike);
      expect(hasDuplicates([a, b])).toBe(areAlike);
      expect(hasDuplicates([a, ...others, b])).toBe(areAlike);
    }),
    { numRuns: 200, seed: 1 },
  );
});

describe("20,000 items that differ little are told apart", () => {
  test.each<[string, (i: number) => unknown]>([
    ["integers", (i) => i],
    ["fractions", (i) => i / 7],
    ["places", (i) => [i % 141, Math.floor(i / 141)]],
    ["members", (i) => ({ y: Math.floor(i / 141), x: i % 141 })],
    ["short names", (i) => ({ id: i.toString(36) })],
    ["deep inside", (i) => ({ a: { b: [1, 2, { c: `item-${i}` }] } })],
    ["long numbers", (i) => [2 ** 40 + i]],
    ["by a member's name", (i) => ({ [`k${i}`]: true })],
  ])("%s", (_name, item) => {
    const items = Array.from({ length: 20_000 }, (_, i) => item(i));
    expect(hasDuplicates(items)).toBe(false);
    expect(hasDuplicates([...items, turned(item(7_777))])).toBe(true);
  });
});

test("scalars: zero is zero, texts are no numbers, true is not 1", () => {
  expect(hasDuplicates([0, -0])).toBe(true);
  expect(hasDuplicates([1, "1", true, [1], { 1: 1 }, null, "null", false, 0])).toBe(false);
  expect(hasDuplicates([null, null])).toBe(true);
  expect(isSame({ a: undefined }, {})).toBe(false);
});

test("members that other objects inherit are members", () => {
  const [own, empty] = [json(JSON.parse('{"__proto__":1,"valueOf":2}')), {}];
  expect(isSame(own, empty)).toBe(false);
  expect(isSame({ toString: 1 }, { valueOf: 1 })).toBe(false);
  expect(isSame(own, JSON.parse('{"valueOf":2,"__proto__":1}'))).toBe(true);
});

/** One-item arrays whose hashes are alike, found by turning the hash round. */
function collide(count: number): unknown[] {
  const ODD = 0x9e3779b1;
  let inverse = ODD;
  for (let i = 0; i < 5; i++) inverse = Math.imul(inverse, 2 - Math.imul(ODD, inverse));
  const undo = (mixed: number) => {
    const high = mixed ^ (mixed >>> 15);
    return Math.imul(high ^ (mixed >>> 30), inverse);
  };
  const mix = (all: number, next: number) => {
    const mixed = Math.imul(all ^ next, ODD);
    return mixed ^ (mixed >>> 15);
  };
  // [i, x]: whatever i has left, x is the integer whose own hash cancels it.
  const wanted = 123_456;
  return Array.from({ length: count }, (_, i) => [i, undo(undo(wanted) ^ mix(17, mix(3, i))) ^ 3]);
}

test("items made to have one hash are refused once there are too many, and told apart before", () => {
  expect(hasDuplicates([...collide(5), 1, 2, 3])).toBe(false);
  expect(hasDuplicates([...collide(7), 1, 2, 3])).toBe(true);
  expect(isOneOf(collide(1_000))([999, 0])).toBe(false);
});
