/** Schemas and payloads for property tests: pairs that often touch, and payloads that often fit. */

import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { aboutField, aboutItems, type Promises } from "../src/evolution/promises.ts";
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

const neighbours = fc
  .tuple(schema(3), schema(2), fc.nat())
  .map(([first, other, at]): [JsonSchema, JsonSchema] => [first, changed(first, other, at)]);

/** One schema and a small change of it, either way round. */
export const alike = fc.oneof(
  neighbours,
  neighbours.map(([first, second]): [JsonSchema, JsonSchema] => [second, first]),
);

/** Sometimes unrelated, which seldom follow from each other. */
export const pairs = fc.oneof(fc.tuple(schema(3), schema(3)), alike, alike);

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

/** Does somebody promise each field of the payload? An open object may hold others, which no comparison counts. */
export function isPromised(value: unknown, promises: Promises): boolean {
  if (Array.isArray(value)) return value.every((item) => isPromised(item, aboutItems(promises)));
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, member]) => {
    const about = aboutField(promises, name);
    return about !== undefined && isPromised(member, about);
  });
}

/** The schema as a receiver reads it who ignores fields that it does not know. */
export function opened(schema: JsonSchema): JsonSchema {
  if (typeof schema === "boolean") return schema;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
      if (value === false && ["additionalProperties", "unevaluatedProperties"].includes(keyword)) return [];
      // To be refused by more is not to ignore.
      if (["not", "if", "enum", "const"].includes(keyword)) return [[keyword, value]];
      return [[keyword, openedWithin(value)]];
    }),
  );
}

function openedWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(openedWithin);
  return typeof value === "object" && value !== null ? opened(value as JsonSchema) : value;
}

/** A payload that is valid by the first schema and not by the second; undefined when there is none among them. */
export function counterExample(first: JsonSchema, second: JsonSchema, payloads: readonly unknown[]): unknown {
  const [accepts, demands] = [compiled(first), compiled(second)];
  return payloads.find((value) => accepts(value) && isPromised(value, [first]) && !demands(value));
}

const ajv = new Ajv2020({ strict: false });

function compiled(schema: JsonSchema) {
  const whole = { allOf: [schema] };
  const validate = ajv.compile(whole);
  ajv.removeSchema(whole);
  return validate;
}
