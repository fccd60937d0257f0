import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { counterExample, opened, pairs, payload } from "../../test/arbitrary-schemas.ts";
import type { JsonSchema } from "../catalogue.ts";
import { implies } from "./implies.ts";

const object = (properties: object, more: object = {}): JsonSchema => ({ type: "object", properties, ...more });
const text = { type: "string" };
const found = (first: JsonSchema, second: JsonSchema) =>
  implies(first, second).map(({ pointer, why }) => (pointer === "" ? why : `${pointer} ${why}`));

describe("what follows", () => {
  test.each<[string, JsonSchema, JsonSchema]>([
    ["anything from nothing", false, { type: "string" }],
    ["true from anything", { type: "string" }, true],
    [
      "itself, written otherwise",
      { type: ["string", "null"], title: "x" },
      { description: "y", type: ["null", "string"] },
    ],
    ["a number from an integer", { type: "integer" }, { type: "number" }],
    ["an enum from a smaller one", { enum: ["a"] }, { enum: ["b", "a"] }],
    ["a type from its values", { enum: ["a", "b"] }, { type: "string", maxLength: 1 }],
    ["a looser limit", { type: "string", maxLength: 5 }, { type: "string", maxLength: 6 }],
    ["a limit of integers written open", { type: "integer", minimum: 1 }, { type: "integer", exclusiveMinimum: 0 }],
    ["a divisor", { type: "number", multipleOf: 4 }, { type: "number", multipleOf: 2 }],
    ["fewer requirements", object({ a: text }, { required: ["a"] }), object({ a: text })],
    ["a new optional field", object({ a: text }), object({ a: text, b: text })],
    ["an open object from a closed one", object({ a: text }, { additionalProperties: false }), object({ a: text })],
    ["a union from a member", text, { anyOf: [{ type: "null" }, text] }],
    ["a union from the same types", { type: ["string", "null"] }, { anyOf: [text, { type: "null" }] }],
    ["types from a union", { anyOf: [text, { type: "null" }] }, { type: ["string", "null"] }],
    [
      "alternatives apart by a constant",
      { oneOf: [object({ k: { const: "a" } }, { required: ["k"] })] },
      {
        oneOf: [
          object({ k: { const: "b" } }, { required: ["k"] }),
          object({ k: { const: "a" }, more: text }, { required: ["k"] }),
        ],
      },
    ],
    [
      "parts of allOf merged",
      { allOf: [object({ a: text }, { required: ["a"] })], required: ["b"] },
      object({ a: text }, { required: ["a", "b"] }),
    ],
    [
      "unevaluated as additional",
      { allOf: [object({ a: text })], unevaluatedProperties: false },
      object({ a: text }, { additionalProperties: false }),
    ],
    [
      "the tighter of two limits",
      {
        allOf: [
          { type: "string", minLength: 1, maxLength: 9 },
          { minLength: 2, maxLength: 5 },
        ],
      },
      { type: "string", minLength: 2, maxLength: 5 },
    ],
    [
      "the tighter of two ranges",
      { type: "number", minimum: 1, maximum: 9, allOf: [{ minimum: 2, maximum: 5 }] },
      { type: "number", minimum: 2, maximum: 5 },
    ],
    [
      "a closed part, though another one declares more",
      { allOf: [object({ a: text }, { additionalProperties: false }), object({ b: text })] },
      object({ a: text }, { additionalProperties: false }),
    ],
    [
      "a dependency from itself",
      object({}, { dependentRequired: { a: ["b"] } }),
      object({ c: text }, { dependentRequired: { a: ["b"] } }),
    ],
    [
      "a closed tuple from itself with fewer",
      { type: "array", maxItems: 1, items: text },
      { type: "array", prefixItems: [text], items: false },
    ],
  ])("%s", (_name, first, second) => {
    expect(implies(first, second)).toEqual([]);
  });
});

describe("what does not follow, and why", () => {
  test.each<[string, JsonSchema, JsonSchema, string[]]>([
    ["another type", text, { type: "integer" }, ["type"]],
    ["an integer from a number", { type: "number" }, { type: "integer" }, ["type"]],
    ["a value less", { enum: ["a", "b"] }, { enum: ["a"] }, ["value"]],
    ["values from a type", text, { enum: ["a"] }, ["values"]],
    ["a limit", { type: "string", maxLength: 5 }, { type: "string", maxLength: 4 }, ["limit"]],
    ["a limit where none was", { type: "number" }, { type: "number", minimum: 0 }, ["limit"]],
    ["the same limit, open", { type: "number", minimum: 0 }, { type: "number", exclusiveMinimum: 0 }, ["limit"]],
    ["a divisor", { type: "number", multipleOf: 2 }, { type: "number", multipleOf: 4 }, ["limit"]],
    ["distinct items", { type: "array" }, { type: "array", uniqueItems: true }, ["limit"]],
    ["a pattern", { type: "string", pattern: "a" }, { type: "string", pattern: "b" }, ["pattern"]],
    ["a format", text, { type: "string", format: "date" }, ["format"]],
    ["a required field", object({ a: text }), object({ a: text }, { required: ["a"] }), ["/a required"]],
    ["a field's type", object({ a: text }), object({ a: { type: "null" } }), ["/a type"]],
    ["an item's type", { type: "array", items: text }, { type: "array", items: { type: "null" } }, ["/* type"]],
    [
      "a closed object from an open one",
      object({ a: text }),
      object({ a: text }, { additionalProperties: false }),
      ["closed"],
    ],
    [
      "a field that a closed object lost",
      object({ a: text, b: text }, { additionalProperties: false }),
      object({ a: text }, { additionalProperties: false }),
      ["/b field"],
    ],
    ["restricted others", object({}), object({}, { additionalProperties: text }), ["undeclared"]],
    ["a member from a union", { anyOf: [{ type: "null" }, text] }, text, ["type"]],
    [
      "an alternative less",
      { anyOf: [{ const: 1 }, object({ k: { const: "a" } }, { required: ["k"] })] },
      { anyOf: [{ const: 2 }, { const: 3 }] },
      ["value", "alternative"],
    ],
    ["alternatives that overlap", text, { oneOf: [text, { minLength: 2 }] }, ["opaque"]],
    ["a negation", {}, { not: { required: ["a"] } }, ["opaque"]],
    ["a condition", object({}), object({}, { dependentSchemas: { a: { required: ["b"] } } }), ["opaque"]],
    ["a dependency", object({ a: text }), object({ a: text }, { dependentRequired: { a: ["b"] } }), ["/b required"]],
    ["names", object({ a: text }), object({ a: text }, { propertyNames: { maxLength: 3 } }), ["opaque"]],
    [
      "the tighter of two limits from the other",
      { type: "number", minimum: 2 },
      { type: "number", allOf: [{ minimum: 2 }, { minimum: 5 }] },
      ["limit"],
    ],
    [
      "a field that a closed part does not declare, though another one does",
      object({ a: text, b: text }, { additionalProperties: false }),
      { allOf: [object({ a: text }, { additionalProperties: false }), object({ b: text })] },
      ["/b field"],
    ],
    [
      "items of every place from those of later ones",
      { type: "array", prefixItems: [{ type: "null" }], items: text },
      {
        allOf: [
          { type: "array", items: text },
          { type: "array", prefixItems: [{ type: "null" }] },
        ],
      },
      ["/0 type"],
    ],
    [
      "a closed object from one that another part opens",
      object(
        { a: text },
        {
          not: { required: ["x"] },
          allOf: [object({ b: text }, { not: { required: ["y"] } })],
          unevaluatedProperties: false,
        },
      ),
      object({ a: text }, { additionalProperties: false }),
      ["closed"],
    ],
    [
      "evaluated fields",
      object({ a: text }),
      object(
        { a: text },
        { anyOf: [object({ b: text }), object({ c: text })], unevaluatedProperties: { type: "null" } },
      ),
      ["opaque"],
    ],
    [
      "a field that another part declares",
      {
        allOf: [
          object({ a: text }, { additionalProperties: false }),
          { additionalProperties: { type: ["string", "null"] } },
        ],
      },
      object({ a: { type: "null" } }),
      ["/a type"],
    ],
    [
      "a field that only an alternative declares",
      { anyOf: [object({ a: text }), object({ a: { type: "null" } })] },
      object({ a: text }),
      ["/a type"],
    ],
  ])("%s", (_name, first, second, expected) => {
    expect(found(first, second)).toEqual(expected);
  });

  test("a receiver ignores what it does not know, however closed its schema is", () => {
    const closed = object({ a: text }, { additionalProperties: false });
    expect(implies(object({ a: text, b: text }), closed, { ignoreUnknown: true })).toEqual([]);
    expect(implies(object({ a: text, b: text }), closed)).not.toEqual([]);
  });
});

describe("fields that nobody declares", () => {
  test.each<[string, JsonSchema, JsonSchema, string[]]>([
    ["are no obstacle", object({}), object({ a: text }), []],
    ["are none in items", { items: object({}) }, { items: object({ a: text }) }, []],
    ["unless they are required", object({}, { required: ["a"] }), object({ a: text }), ["/a type"]],
    [
      "unless a rule for others speaks of them",
      object({}, { additionalProperties: { type: "null" } }),
      object({ a: text }),
      ["/a type"],
    ],
    [
      "unless an alternative declares them",
      { anyOf: [object({ a: text }), object({})] },
      object({ a: text }),
      ["/a type"],
    ],
    [
      "unless an alternative declares them deeper",
      { anyOf: [object({ a: object({ b: text }) }), object({ a: object({}) })] },
      object({ a: object({ b: text }) }),
      ["/a/b type"],
    ],
    [
      "unless another part declares them in a place of theirs",
      { type: "array", allOf: [{ prefixItems: [object({ a: text })] }, { items: object({}) }] },
      { type: "array", prefixItems: [object({ a: { type: "null" } })] },
      ["/0/a type"],
    ],
    ["unless a value holds them", { enum: [{ a: 1 }] }, object({ a: text }), ["value"]],
  ])("%s", (_name, first, second, expected) => {
    expect(found(first, second)).toEqual(expected);
  });
});

/** By how many pairs a proof was found. */
function prove(second: (schema: JsonSchema) => JsonSchema, ignoreUnknown: boolean): number {
  let proofs = 0;
  fc.assert(
    fc.property(pairs, fc.array(payload(3), { minLength: 20, maxLength: 20 }), ([a, b], payloads) => {
      if (implies(a, b, { ignoreUnknown }).length > 0) return;
      proofs++;
      expect(counterExample(a, second(b), payloads)).toBeUndefined();
    }),
    { numRuns: 150 },
  );
  return proofs;
}

test("no finding is a proof: what the first accepts, the second accepts", () => {
  expect(prove((schema) => schema, false)).toBeGreaterThan(20);
}, 60_000);

test("no finding is a proof for a receiver: but for fields it does not know", () => {
  expect(prove(opened, true)).toBeGreaterThan(20);
}, 60_000);
