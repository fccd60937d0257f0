import { describe, expect, it, test } from "vitest";
import { longestMatch, matches } from "./pattern.ts";

describe("a pattern", () => {
  it.each([
    ["room:doc", "room:doc", true],
    ["room:doc", "room:doc1", false],
    ["room:doc:*", "room:doc:7", true],
    ["room:doc:*", "room:doc:a:b", true],
    ["room:doc:*", "room:doc:", false],
    ["room:doc:*", "room:dot:7", false],
    ["room:doc:*", "room:doc7:7", false],
    ["room:*:x", "room:doc:x", false],
    ["*", "a", true],
    ["*", "", false],
  ])("%s stands for %s: %s", (pattern, value, isMatch) => {
    expect(matches(pattern, value)).toBe(isMatch);
  });
});

test("the exact pattern counts, else the longest, wherever they stand; none is nothing", () => {
  const patterns = ["*", "doc:*", "doc:a:*", "doc:a:b"].map((pattern) => [pattern, `${pattern}!`] as const);
  for (const all of [patterns, patterns.toReversed()]) {
    expect(longestMatch(all, "doc:a:b")).toBe("doc:a:b!");
    expect(longestMatch(all, "doc:a:c")).toBe("doc:a:*!");
    expect(longestMatch(all, "doc:z")).toBe("doc:*!");
    expect(longestMatch(all, "x")).toBe("*!");
  }
  expect(longestMatch(patterns.slice(1), "x")).toBeUndefined();
  const equals = [
    ["a*", 1],
    ["a*", 2],
  ] as const;
  expect(longestMatch(equals, "ab")).toBe(1);
});
