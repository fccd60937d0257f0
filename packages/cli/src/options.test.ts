import { expect, test } from "vitest";
import { durationMs, json, nameOf, perSecond, wholeNumber } from "./options.ts";

test("what is accepted", () => {
  expect(wholeNumber(1, 100)("42")).toBe(42);
  expect([durationMs("30s"), durationMs("1h")]).toEqual([30_000, 3_600_000]);
  expect([perSecond("50"), perSecond("50/s")]).toEqual([50, 50]);
  expect(nameOf("room")("doc:1")).toBe("doc:1");
  expect(json('{"a":1}')).toEqual({ a: 1 });
});

test.each([
  [wholeNumber(1, 100), ["0", "101", "1.5", "-1", "", "x", "1e2"]],
  [durationMs, ["30", "0s", "-1s", "1y", ""]],
  [perSecond, ["0", "0/s", "1/m", "-1", "fast"]],
  [nameOf("room"), ["", "a b", "a/b", "x".repeat(129)]],
  [json, ["{", "undefined", ""]],
])("what is refused (%#)", (parse: (text: string) => unknown, values) => {
  for (const value of values) expect(() => parse(value), value).toThrow(/It (must|is)/);
});
