import { expect, test } from "vitest";
import { durationMs, frequency, instant, json, nameOf, perSecond, quantity, wholeNumber } from "./options.ts";

test("what is accepted", () => {
  expect(wholeNumber(1, 100)("42")).toBe(42);
  expect([durationMs("30s"), durationMs("1h")]).toEqual([30_000, 3_600_000]);
  expect([perSecond("50"), perSecond("50/s")]).toEqual([50, 50]);
  expect([quantity(1, 1e9)("50000"), quantity(1, 1e9)("1e6"), quantity(1, 1e9)("2.5e3")]).toEqual([50_000, 1e6, 2_500]);
  expect([frequency("50/s"), frequency("3/m"), frequency("0.5/h")]).toEqual([50, 0.05, 0.5 / 3_600]);
  const time = instant(() => Date.UTC(2026, 4, 1, 12));
  expect([time("2h"), time("2026-05-01T10:00:00Z")]).toEqual(["2026-05-01T10:00:00.000Z", "2026-05-01T10:00:00.000Z"]);
  expect(nameOf("room")("doc:1")).toBe("doc:1");
  expect(json('{"a":1}')).toEqual({ a: 1 });
});

test.each([
  [wholeNumber(1, 100), ["0", "101", "1.5", "-1", "", "x", "1e2"]],
  [durationMs, ["30", "0s", "-1s", "1y", ""]],
  [perSecond, ["0", "0/s", "1/m", "-1", "fast"]],
  [quantity(1, 1e6), ["0", "1e7", "-1", "", "x", "1e", "Infinity", "0x10"]],
  [frequency, ["50", "1/y", "-1/s", "/s", ""]],
  [instant(() => 0), ["yesterday", "2y", "1", ""]],
  [nameOf("room"), ["", "a b", "a/b", "x".repeat(129)]],
  [json, ["{", "undefined", ""]],
])("what is refused (%#)", (parse: (text: string) => unknown, values) => {
  for (const value of values) expect(() => parse(value), value).toThrow(/It (must|is)/);
});
