import { expect, test } from "vitest";
import type { JsonSchema } from "../catalogue.ts";
import { count, info, name, shortText } from "../core/shapes.ts";
import { plain } from "./core-names.ts";
import { durationText, limitsOf, rateText, sentence } from "./limits-text.ts";

test.each<[JsonSchema, string[]]>([
  [true, []],
  [{ minLength: 1, maxLength: 2_000 }, ["1 to 2,000 characters"]],
  [{ minLength: 1 }, ["at least 1 character"]],
  [{ minLength: 0, maxLength: 1 }, ["at most 1 character"]],
  [{ minItems: 3, maxItems: 3, uniqueItems: true }, ["exactly 3 items", "each item once"]],
  [{ minimum: 0, maximum: 5 }, ["0 to 5"]],
  [{ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, ["at least 1"]],
  [{ exclusiveMinimum: 0, exclusiveMaximum: 1, multipleOf: 0.25 }, ["above 0", "below 1", "a multiple of 0.25"]],
  [{ minProperties: 1, maxProperties: 2 }, ["1 to 2 members"]],
  [{ pattern: "^a$", format: "email", default: "a" }, ["matches ^a$", "format email", 'default "a"']],
  [plain(name("user")), ["a user id"]],
  [plain(count()), []],
  [plain(count(200)), ["0 to 200"]],
  [plain(info), ["at most 256 bytes of JSON"]],
  [plain(shortText(64)), ["at most 64 characters", "at most 64 bytes of UTF-8"]],
])("%j", (schema, expected) => {
  expect(limitsOf(schema)).toEqual(expected);
});

test("phrases become a sentence", () => {
  expect(sentence(["at most 3", "each once"])).toBe("At most 3, each once.");
  expect(sentence([])).toBeUndefined();
});

test.each([
  [1_500, "1,500 ms"],
  [3_000, "3s"],
  [90_000, "90s"],
  [7_200_000, "2h"],
  [604_800_000, "7d"],
  [0, "0 ms"],
])("%i ms are %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test.each([
  [30, "30/s"],
  [0.5, "30/m"],
  [1 / 60, "1/m"],
  [10 / 3_600, "10/h"],
  [2.25, "135/m"],
])("%d a second are %s", (perSecond, text) => {
  expect(rateText({ perSecond })).toBe(text);
});
