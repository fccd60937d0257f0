/**
 * Our schemas as any validator understands them: without keywords of our own, which become words, and with named parts
 * as references to one place.
 */

import type { JsonSchema } from "../catalogue.ts";
import { limitsOf, sentence } from "./limits-text.ts";
import type { NameOf } from "./naming.ts";

const MAPS = ["properties", "patternProperties", "dependentSchemas"];
const LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];
const SINGLES = [
  ...["additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"],
  ...["unevaluatedItems", "unevaluatedProperties"],
];
/** Identities and definitions: references have been replaced, and what they named must not move our own. */
const DROPPED = new Set(["$anchor", "$defs", "$dynamicAnchor", "$id", "$schema"]);
const OUR_KEYWORDS = ["maxJsonBytes", "maxUtf8Bytes"];

/** The schema with each of its direct parts changed. */
export function mapParts(schema: JsonSchema, change: (part: JsonSchema) => JsonSchema): JsonSchema {
  if (typeof schema === "boolean") return schema;
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (SINGLES.includes(keyword)) return [keyword, change(value as JsonSchema)];
    if (LISTS.includes(keyword)) return [keyword, (value as JsonSchema[]).map(change)];
    if (MAPS.includes(keyword)) return [keyword, mapValues(value as Record<string, JsonSchema>, change)];
    return [keyword, value];
  });
  return Object.fromEntries(entries);
}

/** `refer` makes the reference to a name; it is told of each one used. */
export function portable(schema: JsonSchema, nameOf: NameOf, refer: (name: string) => string, own = false): JsonSchema {
  const name = own ? undefined : nameOf(schema);
  if (name !== undefined) return { $ref: refer(name) };
  const changed = mapParts(schema, (part) => portable(part, nameOf, refer));
  if (typeof changed === "boolean") return changed;
  const kept = Object.entries(changed).filter(([keyword]) => !DROPPED.has(keyword) && !OUR_KEYWORDS.includes(keyword));
  const words = ourLimits(changed);
  if (words === undefined) return Object.fromEntries(kept);
  const { description } = changed as { description?: unknown };
  const told = typeof description === "string" ? `${description} ${words}` : words;
  return { ...Object.fromEntries(kept), description: told };
}

function ourLimits(schema: { readonly [keyword: string]: unknown }): string | undefined {
  return sentence(
    limitsOf(Object.fromEntries(Object.entries(schema).filter(([keyword]) => OUR_KEYWORDS.includes(keyword)))),
  );
}

/** Also of members called `__proto__`. */
function mapValues<T, U>(map: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
