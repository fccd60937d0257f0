/**
 * A schema as what must hold together: one set of keywords into which the members of `allOf` are merged, and those
 * members that cannot be. Merging never changes what the schema accepts.
 */

import type { JsonSchema } from "../catalogue.ts";
import { ANNOTATIONS, canonical, stableJson } from "./canonical.ts";

export type Keywords = Readonly<Record<string, unknown>>;

export interface Conjunction {
  main: Keywords;
  rest: readonly JsonSchema[];
}

export const JSON_TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"] as const;
export type JsonType = (typeof JSON_TYPES)[number];

export function conjunctionOf(schema: JsonSchema): Conjunction {
  const { allOf = [], ...own } = keywordsOf(schema) as { allOf?: readonly JsonSchema[] };
  let main: Keywords = own;
  const rest: JsonSchema[] = [];
  for (const member of allOf) {
    const inner = conjunctionOf(member);
    const merged = merge(main, inner.main);
    if (merged === undefined) rest.push(member);
    else {
      main = merged;
      rest.push(...inner.rest);
    }
  }
  return { main: rest.length === 0 ? withoutUnevaluated(main) : main, rest };
}

/** The schema that a conjunction stands for. */
export function schemaOf({ main, rest }: Conjunction): JsonSchema {
  return rest.length === 0 ? main : { ...main, allOf: rest };
}

/** Without annotations; `false` accepts nothing, which `not: true` says too. */
function keywordsOf(schema: JsonSchema): Keywords {
  if (schema === true) return {};
  if (schema === false) return { not: true };
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !ANNOTATIONS.has(key)));
}

const LARGER = (a: unknown, b: unknown) => Math.max(a as number, b as number);
const SMALLER = (a: unknown, b: unknown) => Math.min(a as number, b as number);
type Merge = (a: unknown, b: unknown) => unknown;

/** How two values of one keyword become one that demands both. Others merge only when they are equal. */
const MERGES: Readonly<Record<string, Merge>> = {
  minimum: LARGER,
  exclusiveMinimum: LARGER,
  minLength: LARGER,
  minItems: LARGER,
  minProperties: LARGER,
  maximum: SMALLER,
  exclusiveMaximum: SMALLER,
  maxLength: SMALLER,
  maxItems: SMALLER,
  maxProperties: SMALLER,
  maxUtf8Bytes: SMALLER,
  maxJsonBytes: SMALLER,
  required: (a, b) => [...new Set([...(a as string[]), ...(b as string[])])],
  enum: (a, b) => (a as unknown[]).filter((value) => (b as unknown[]).some((other) => sameValue(value, other))),
  type: (a, b) => commonTypes([a].flat() as JsonType[], [b].flat() as JsonType[]),
  properties: (a, b) => mergeSchemas(a as Record<string, JsonSchema>, b as Record<string, JsonSchema>),
  patternProperties: (a, b) => mergeSchemas(a as Record<string, JsonSchema>, b as Record<string, JsonSchema>),
  items: (a, b) => bothOf(a as JsonSchema, b as JsonSchema),
};
/** Keywords that look at others of the same schema: they may only move together with those. */
const NEIGHBOURS: readonly (readonly [keyword: string, sees: readonly string[]])[] = [
  ["additionalProperties", ["properties", "patternProperties"]],
  ["items", ["prefixItems"]],
  ["minContains", ["contains"]],
  ["maxContains", ["contains"]],
];

function merge(a: Keywords, b: Keywords): Keywords | undefined {
  const merged: Record<string, unknown> = { ...a };
  if (Object.hasOwn(a, "if") !== Object.hasOwn(b, "if") && [a, b].some((each) => "then" in each || "else" in each)) {
    return undefined;
  }
  for (const [keyword, sees] of NEIGHBOURS) {
    if (tears(keyword, sees, a, b) || tears(keyword, sees, b, a)) return undefined;
  }
  if ("unevaluatedProperties" in b || "unevaluatedItems" in b) return undefined;
  for (const [key, value] of Object.entries(b)) {
    if (!Object.hasOwn(a, key)) merged[key] = value;
    else if (stableJson(a[key]) !== stableJson(value)) {
      const both = MERGES[key];
      if (both === undefined) return undefined;
      merged[key] = both(a[key], value);
    }
  }
  return merged;
}

/** Would `keyword` of `one` see members that only `other` has? `additionalProperties: true` sees nothing. */
function tears(keyword: string, sees: readonly string[], one: Keywords, other: Keywords): boolean {
  if (!Object.hasOwn(one, keyword) || canonical(one[keyword] as JsonSchema) === "true") return false;
  return sees.some((seen) => {
    if (!Object.hasOwn(other, seen)) return false;
    return Object.keys(Object(other[seen])).some((name) => !Object.hasOwn(Object(one[seen] ?? {}), name));
  });
}

function mergeSchemas(a: Record<string, JsonSchema>, b: Record<string, JsonSchema>): Record<string, JsonSchema> {
  const merged = { ...a };
  for (const [name, schema] of Object.entries(b)) {
    merged[name] = Object.hasOwn(a, name) ? bothOf(a[name]!, schema) : schema;
  }
  return merged;
}

const bothOf = (a: JsonSchema, b: JsonSchema): JsonSchema => (canonical(a) === canonical(b) ? a : { allOf: [a, b] });

/** When everything that could evaluate a member stands in one set of keywords, `unevaluated` means `additional`. */
function withoutUnevaluated(main: Keywords): Keywords {
  const { unevaluatedProperties, ...others } = main;
  const evaluates = ["anyOf", "oneOf", "if", "then", "else", "dependentSchemas"].some((key) =>
    Object.hasOwn(main, key),
  );
  if (unevaluatedProperties === undefined || evaluates) return main;
  return Object.hasOwn(others, "additionalProperties")
    ? others
    : { ...others, additionalProperties: unevaluatedProperties };
}

/** The types that values of the schema may have; `integer` is not listed beside `number`. */
export function typesOf({ type, ...main }: Keywords): JsonType[] {
  const declared = type === undefined ? JSON_TYPES.filter((each) => each !== "integer") : ([type].flat() as JsonType[]);
  const values = valuesOf(main);
  if (values === undefined) return declared.filter((each) => each !== "integer" || !declared.includes("number"));
  return commonTypes(declared, [...new Set(values.map(typeOf))]);
}

/** `enum` and `const`: every value there is, or undefined. */
export function valuesOf(main: Keywords): readonly unknown[] | undefined {
  if (Object.hasOwn(main, "const")) return [main.const];
  return main.enum as readonly unknown[] | undefined;
}

export function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as JsonType;
}

/** What both lists allow: an integer is a number too. */
export function commonTypes(a: readonly JsonType[], b: readonly JsonType[]): JsonType[] {
  const allows = (types: readonly JsonType[], type: JsonType) =>
    types.includes(type) || (type === "integer" && types.includes("number"));
  return JSON_TYPES.filter((type) => (a.includes(type) || b.includes(type)) && allows(a, type) && allows(b, type));
}

export const sameValue = (a: unknown, b: unknown): boolean => stableJson(a) === stableJson(b);
