import { expect, it } from "vitest";
import { pointerOf, pointerParts, resolvePointer } from "./pointer.ts";

it.each([
  ["", []],
  ["/", [""]],
  ["/a/0", ["a", "0"]],
  ["/a~1b/c~0d", ["a/b", "c~d"]],
  ["/~01", ["~1"]],
])("%j has the parts %j, and is made of them", (pointer, parts) => {
  expect(pointerParts(pointer)).toEqual(parts);
  expect(pointerOf(...parts)).toBe(pointer);
});

it.each([
  ["", { a: 1 }, { a: 1 }],
  ["/a/1", { a: [1, 2] }, 2],
  ["/a~1b", { "a/b": 3 }, 3],
  ["/a/b", { a: null }, undefined],
  ["/a/length", { a: "text" }, undefined],
  ["/b", { a: 1 }, undefined],
  ["/toString", {}, undefined],
  ["/__proto__", {}, undefined],
])("%j leads to own members only: %j", (pointer, value, found) => {
  expect(resolvePointer(value, pointer)).toEqual(found);
});
