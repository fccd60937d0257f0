import { expect, test } from "vitest";
import type { JsonSchema } from "../../catalogue.ts";
import { toDraft07 } from "./draft07.ts";

test.each<[JsonSchema, JsonSchema]>([
  [true, true],
  [
    { type: "array", items: { type: "string" } },
    { type: "array", items: { type: "string" } },
  ],
  [
    { prefixItems: [true], items: false },
    { items: [true], additionalItems: false },
  ],
  [{ prefixItems: [{ prefixItems: [true] }] }, { items: [{ items: [true] }] }],
  [{ unevaluatedProperties: false, minContains: 2, contains: {} }, { contains: {} }],
  [{ dependentRequired: { a: ["b"] } }, { dependencies: { a: { required: ["b"] } } }],
  [
    { dependentRequired: { a: ["b"] }, dependentSchemas: { a: { minProperties: 2 }, c: false } },
    { dependencies: { a: { allOf: [{ required: ["b"] }, { minProperties: 2 }] }, c: false } },
  ],
  [{ $ref: "#/x" }, { $ref: "#/x" }],
  [
    { $ref: "#/x", description: "d" },
    { description: "d", allOf: [{ $ref: "#/x" }] },
  ],
  [{ $ref: "#/x", allOf: [{ minLength: 1 }] }, { allOf: [{ $ref: "#/x" }, { minLength: 1 }] }],
  [{ properties: { ["__proto__"]: true, a: { prefixItems: [] } } }, { properties: { a: { items: [] } } }],
])("%j", (schema, expected) => {
  expect(toDraft07(schema)).toEqual(expected);
});
