import { expect, test } from "vitest";
import type { JsonSchema } from "../../catalogue.ts";
import { fieldsOf, typeWords } from "./fields.ts";

/** path, type, presence; limits and description where there are any. */
const rows = (schema: JsonSchema) =>
  fieldsOf(schema).map(({ path, type, presence, limits, description }) =>
    [path, type, presence, ...limits, description].filter((text, i) => i === 0 || text !== "").join(" / "),
  );
const text = { type: "string" };

test.each<[JsonSchema, string]>([
  [true, "any"],
  [false, "nothing"],
  [{ type: ["string", "null"] }, "string | null"],
  [{ const: 1 }, "1"],
  [{ enum: ["a", null] }, '"a" | null'],
  [{ type: "array", items: { type: ["string", "null"] } }, "array of string | null"],
  [{ prefixItems: [text, { type: "number" }] }, "[string, number]"],
  [{ anyOf: [text, { type: "object" }] }, "string | object"],
  [{ properties: {} }, "object"],
  [{ allOf: [{ type: "object" }], required: ["a"] }, "object"],
])("%j in words", (schema, words) => {
  expect(typeWords(schema)).toBe(words);
});

test("a long enumeration is cut, and says so", () => {
  expect(typeWords({ enum: Array.from({ length: 20 }, (_, i) => i) })).toMatch(/^0 \| .* \| 11 \| 8 more$/);
});

test("members at any depth, by their paths", () => {
  const schema = {
    type: "object",
    required: ["a", "free"],
    properties: {
      a: { type: "object", required: ["b"], properties: { b: { ...text, maxLength: 3, description: "B." } } },
      list: { type: "array", maxItems: 2, items: { type: "object", required: ["c"], properties: { c: text } } },
      names: { type: "array", items: { ...text, minLength: 1 } },
      map: { type: "object", additionalProperties: { type: "integer" } },
      odd: { type: "object", patternProperties: { "^x": text } },
      pair: { type: "array", prefixItems: [text, { ...text, description: "Second." }] },
    },
  };
  expect(rows(schema)).toEqual([
    "a / object / required",
    "a.b / string / required / at most 3 characters / B.",
    "list / array of object / optional / at most 2 items",
    "list[].c / string / required",
    "names / array of string / optional",
    "names[] / string / optional / at least 1 character",
    "map / object / optional",
    "map.* / integer / optional",
    "odd / object / optional",
    "odd./^x/ / string / optional",
    "pair / [string, string] / optional",
    "pair[1] / string / optional / Second.",
    "free / any / required",
  ]);
});

test("what `allOf` demands counts like the schema's own; alternatives depend", () => {
  const schema = {
    type: "object",
    required: ["a"],
    properties: { a: text },
    allOf: [{ type: "object", required: ["b"], properties: { b: text } }],
    oneOf: [
      { required: ["c"], properties: { c: { const: 1 } } },
      { required: ["c"], properties: { c: { const: 2 } } },
    ],
  };
  expect(rows(schema)).toEqual(["a / string / required", "b / string / required", "c / 1 | 2 / depends"]);
});

test("a payload that is no object has one row", () => {
  expect(rows({ type: "string", maxLength: 20 })).toEqual([" / string / required / at most 20 characters"]);
  expect(rows({ type: ["object", "null"], properties: { a: text } })).toEqual([
    " / object | null / required",
    "a / string / optional",
  ]);
});

test("a schema that multiplies itself has a bounded table", () => {
  const wide = (depth: number): JsonSchema =>
    depth === 0
      ? text
      : { type: "object", properties: Object.fromEntries([..."abcdefgh"].map((name) => [name, wide(depth - 1)])) };
  expect(fieldsOf(wide(4)).length).toBe(200);
});
