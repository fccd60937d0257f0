import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { exceedsDepth, excessOf, jsonBytes, utf8Bytes } from "./json.ts";

/** `levels` arrays or objects in each other, around a number. */
const nested = (levels: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
};
const WRAPS: [string, (inner: unknown) => unknown][] = [
  ["arrays", (inner) => [null, "a", inner]],
  ["objects", (inner) => ({ a: null, b: 1, c: inner })],
];

describe.each(WRAPS)("depth in %s", (_, wrap) => {
  test.each([0, 1, 2, 5])("%i levels are not more than that, and one more are", (levels) => {
    expect(exceedsDepth(nested(levels, wrap), levels)).toBe(false);
    expect(exceedsDepth(nested(levels + 1, wrap), levels)).toBe(true);
    expect(excessOf(nested(levels, wrap), levels, 9)).toBeUndefined();
    expect(excessOf(nested(levels + 1, wrap), levels, 9)).toBe("maxDepth");
  });

  test("is counted without a stack: twenty thousand levels", () => {
    expect(exceedsDepth(nested(20_000, wrap), 20_000)).toBe(false);
    expect(exceedsDepth(nested(20_000, wrap), 19_999)).toBe(true);
  });
});

it("the depth of a value is that of its deepest part, wherever that stands", () => {
  const value = [1, { a: [], b: { c: [[]] } }, null];
  expect([3, 4, 5, 6].map((max) => exceedsDepth(value, max))).toEqual([true, true, false, false]);
  expect([3, 4, 5, 6].map((max) => excessOf(value, max, 9))).toEqual(["maxDepth", "maxDepth", undefined, undefined]);
});

it("members are counted in each object alone; an array may have any number of items", () => {
  const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
  expect(excessOf(members(3), 9, 3)).toBeUndefined();
  expect(excessOf(members(4), 9, 3)).toBe("maxMembers");
  expect(excessOf([members(3), { a: members(3) }], 9, 3)).toBeUndefined();
  expect(excessOf([members(3), { a: members(4) }], 9, 3)).toBe("maxMembers");
  expect(excessOf([1, 2, 3, 4, 5], 9, 3)).toBeUndefined();
  for (const scalar of [null, undefined, 1, "a", true]) expect(excessOf(scalar, 0, 0)).toBeUndefined();
});

describe("bytes", () => {
  const edges = ["\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"];
  const lone = ["\ud800", "\udbff", "\udc00", "\udfff", "\udbff\udbff", "\udc00\ud800", "\ud800a"];
  const units = (text: string) => Array.from(text.split(""), (unit) => unit.charCodeAt(0).toString(16)).join(" ");
  it.each([...edges, ...lone].map((text) => [units(text), text] as const))(
    "of the units %s are those of UTF-8",
    (_, text) => {
      expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
    },
  );

  it("of any units", () => {
    const codes = fc.array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd700, max: 0xe0ff })));
    fc.assert(
      fc.property(codes, (all) => {
        const text = String.fromCharCode(...all);
        return utf8Bytes(text) === Buffer.byteLength(text);
      }),
    );
  });

  it("of a value are those of its JSON; nothing has none", () => {
    expect(jsonBytes({ a: "ä" })).toBe(10);
    expect(jsonBytes(undefined)).toBe(0);
    expect(jsonBytes(null)).toBe(4);
  });
});
