/** One text for all ways to write a schema that say the same: order and annotations do not count. */

import type { JsonSchema } from "../catalogue.ts";

/** Keywords that say something about a payload without restricting it. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  "$comment",
  "$defs",
  "$id",
  "$schema",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
  "default",
  "deprecated",
  "description",
  "examples",
  "readOnly",
  "title",
  "writeOnly",
]);

const MAPS_OF_SCHEMAS: ReadonlySet<string> = new Set(["properties", "patternProperties", "dependentSchemas"]);
const LISTS_OF_SCHEMAS: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const SCHEMAS: ReadonlySet<string> = new Set([
  "additionalProperties",
  "contains",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
/** Their values' order means nothing. */
const SETS: ReadonlySet<string> = new Set(["enum", "required", "type"]);

const KNOWN = new WeakMap<object, string>();

export function canonical(schema: JsonSchema): string {
  if (typeof schema === "boolean") return String(schema);
  const known = KNOWN.get(schema);
  if (known !== undefined) return known;
  const text = written(schema);
  KNOWN.set(schema, text);
  return text;
}

/** The schemas right inside a schema, and where they stand in it. */
export function subschemasOf(schema: Exclude<JsonSchema, boolean>): [path: (string | number)[], JsonSchema][] {
  return Object.entries(schema).flatMap(([keyword, value]): [(string | number)[], JsonSchema][] => {
    if (SCHEMAS.has(keyword)) return [[[keyword], value as JsonSchema]];
    if (!LISTS_OF_SCHEMAS.has(keyword) && !MAPS_OF_SCHEMAS.has(keyword)) return [];
    return Object.entries(value as Record<string, JsonSchema>).map(([name, inner]) => [[keyword, name], inner]);
  });
}

function written(schema: Exclude<JsonSchema, boolean>): string {
  const parts: string[] = [];
  for (const key of Object.keys(schema).toSorted()) {
    if (!ANNOTATIONS.has(key)) parts.push(`${JSON.stringify(key)}:${ofKeyword(key, schema[key])}`);
  }
  return parts.length === 0 ? "true" : `{${parts.join()}}`;
}

function ofKeyword(key: string, value: unknown): string {
  if (SCHEMAS.has(key)) return canonical(value as JsonSchema);
  if (LISTS_OF_SCHEMAS.has(key)) return `[${(value as JsonSchema[]).map(canonical).join()}]`;
  if (MAPS_OF_SCHEMAS.has(key)) {
    const map = value as Record<string, JsonSchema>;
    const members = Object.keys(map).toSorted();
    return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(map[name]!)}`).join()}}`;
  }
  if (SETS.has(key)) return `[${[value].flat().map(stableJson).toSorted().join()}]`;
  return stableJson(value);
}

/** JSON with the members of objects in order. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
