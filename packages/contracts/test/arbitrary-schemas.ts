/** Schemas and payloads for property tests: pairs that often touch, and payloads that often fit. */

import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import type { JsonSchema } from "../src/index.ts";

/** Schemas of the kinds that contract files hold, over few names and values so that two of them often touch. */
export const schema: fc.Memo<JsonSchema> = fc.memo((depth) => {
  const leaf = fc.oneof(
    fc.constantFrom<JsonSchema>(true, {}, { type: "null" }, { type: "boolean" }),
    fc.uniqueArray(fc.constantFrom("a", "bb", 1, null), { minLength: 1 }).map((values) => ({ enum: values })),
    fc.uniqueArray(fc.constantFrom("string", "integer", "number", "null"), { minLength: 1 }).map((type) => ({ type })),
    fc
      .record(
        { minLength: fc.nat(2), maxLength: fc.integer({ min: 1, max: 3 }), pattern: fc.constantFrom("^a", "b") },
        { requiredKeys: [] },
      )
      .map((more) => ({ type: "string", ...more })),
    fc
      .record(
        {
          minimum: fc.integer({ min: -1, max: 2 }),
          exclusiveMaximum: fc.integer({ min: 1, max: 4 }),
          multipleOf: fc.constantFrom(1, 2, 0.5),
        },
        { requiredKeys: [] },
      )
      .map((more) => ({ type: "number", ...more })),
  );
  if (depth <= 1) return leaf;
  const inner = schema(depth - 1);
  const name = fc.constantFrom("p", "q", "r");
  const fields = fc
    .record(
      {
        properties: fc.dictionary(name, inner, { maxKeys: 3, noNullPrototype: true }),
        required: fc.uniqueArray(name, { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.constant(false), inner),
        patternProperties: fc.dictionary(fc.constantFrom("^p", "q$"), inner, { maxKeys: 1 }),
        maxProperties: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: ["properties"] },
    )
    .map((more) => ({ type: "object", ...more }));
  const list = fc
    .record(
      {
        items: inner,
        prefixItems: fc.array(inner, { minLength: 1, maxLength: 2 }),
        maxItems: fc.nat(2),
        uniqueItems: fc.boolean(),
      },
      { requiredKeys: [] },
    )
    .map((more) => ({ type: "array", ...more }));
  const several = fc.array(inner, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    leaf,
    fields,
    fields,
    list,
    several.map((anyOf) => ({ anyOf })),
    several.map((oneOf) => ({ oneOf })),
    fc
      .tuple(inner, inner, fc.boolean())
      .map(([a, b, closed]) => ({ ...Object(a), allOf: [b], ...(closed ? { unevaluatedProperties: false } : {}) })),
    fc.tuple(inner, inner).map(([a, b]) => ({ ...Object(a), not: b })),
    fc.tuple(inner, inner).map(([a, b]) => ({ if: a, else: b })),
  );
});

const NAMES = ["p", "q", "r", "pq"];
export const payload: fc.Memo<unknown> = fc.memo((depth) => {
  const leaf = fc.constantFrom<unknown>("", "a", "b", "ab", "bb", "abb", 0, 1, 2, 3, -1, 0.5, 1.5, null, true, false);
  if (depth <= 1) return leaf;
  const inner = payload(depth - 1);
  return fc.oneof(
    leaf,
    fc.array(inner, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), inner, { maxKeys: 3, noNullPrototype: true }),
  );
});

/** Every name is declared everywhere, so that nothing is nobody's promise. */
function withAllNames(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withAllNames);
  if (typeof node !== "object" || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withAllNames(value)]));
  if (copy.type !== "object") return copy;
  const rest = copy.additionalProperties ?? true;
  return {
    ...copy,
    properties: { ...Object.fromEntries(NAMES.map((name) => [name, rest])), ...Object(copy.properties) },
  };
}

/** The second is often a small change of the first: two unrelated schemas seldom follow from each other. */
export const pairs = fc
  .oneof(
    fc.tuple(schema(3), schema(3)),
    fc
      .tuple(schema(3), schema(2), fc.nat())
      .map(([first, other, at]): [JsonSchema, JsonSchema] => [first, changed(first, other, at)]),
  )
  .map(([first, second]) => [withAllNames(first), withAllNames(second)] as [JsonSchema, JsonSchema]);

function changed(first: JsonSchema, other: JsonSchema, at: number): JsonSchema {
  if (typeof first === "boolean") return other;
  const keys = Object.keys(first);
  const key = keys[at % Math.max(keys.length, 1)];
  if (key === undefined) return other;
  const { [key]: old, ...rest } = first;
  if (at % 3 === 0) return rest;
  if (key === "anyOf") return { ...rest, anyOf: [...(old as JsonSchema[]), other] };
  if (key === "properties") return { ...rest, properties: { ...Object(old), q: other } };
  return { ...Object(other), ...rest };
}

/** What a payload valid by the first schema, and not by the second, would be; undefined when there is none among them. */
export function counterExample(first: JsonSchema, second: JsonSchema, payloads: readonly unknown[]): unknown {
  const ajv = new Ajv2020({ strict: false });
  const [accepts, demands] = [ajv.compile(first as object), ajv.compile(second as object)];
  return payloads.find((value) => accepts(value) && !demands(value));
}
