/**
 * Everything a schema says about one value, in whichever of its parts: alternatives, conditions and negations too. A field
 * that none of them mentions is nobody's promise.
 */

import type { JsonSchema } from "../catalogue.ts";
import { canonical } from "./canonical.ts";

/** All that is said about one value. */
export type Promises = readonly JsonSchema[];

type Fields = Readonly<Record<string, JsonSchema>>;

const LISTS = ["allOf", "anyOf", "oneOf"] as const;
const SINGLES = ["not", "if", "then", "else"] as const;

function partsOf(schema: JsonSchema): JsonSchema[] {
  if (typeof schema === "boolean") return [schema];
  const inner = [
    ...Object.values((schema.dependentSchemas ?? {}) as Fields),
    ...LISTS.flatMap((keyword) => (schema[keyword] ?? []) as readonly JsonSchema[]),
    ...SINGLES.flatMap((keyword) => (schema[keyword] === undefined ? [] : [schema[keyword] as JsonSchema])),
  ];
  return [schema, ...inner.flatMap(partsOf)];
}

const said = (promises: Promises) =>
  promises.flatMap(partsOf).filter((part): part is Exclude<JsonSchema, boolean> => typeof part === "object");
const given = (...schemas: unknown[]) => schemas.filter((each) => each !== undefined) as JsonSchema[];
const own = (fields: unknown, name: string): JsonSchema[] =>
  Object.hasOwn(Object(fields), name) ? [(fields as Fields)[name]!] : [];

/** Undefined when the field is nobody's promise: neither a name, a pattern nor a rule for all others speaks of it. */
export function aboutField(promises: Promises, name: string): Promises | undefined {
  const others = aboutOthers(promises);
  const named = said(promises).flatMap((part) => [
    ...own(part.properties, name),
    ...Object.entries((part.patternProperties ?? {}) as Fields).flatMap(([pattern, schema]) =>
      new RegExp(pattern, "u").test(name) ? [schema] : [],
    ),
    ...(Array.isArray(part.required) && part.required.includes(name) ? [true] : []),
  ]);
  const isPromised = named.length > 0 || others.some((each) => each !== false && canonical(each) !== "true");
  return isPromised ? [...named, ...others] : undefined;
}

/** About members whose names are not known. */
export function aboutMembers(promises: Promises): Promises {
  const patterns = said(promises).flatMap((part) => Object.values((part.patternProperties ?? {}) as Fields));
  return [...patterns, ...aboutOthers(promises)];
}

const aboutOthers = (promises: Promises): JsonSchema[] =>
  said(promises).flatMap((part) => given(part.additionalProperties, part.unevaluatedProperties));

/** About the items of arrays, wherever they stand. */
export function aboutItems(promises: Promises): Promises {
  return said(promises).flatMap((part) => [
    ...((part.prefixItems ?? []) as readonly JsonSchema[]),
    ...given(part.items, part.contains, part.unevaluatedItems),
  ]);
}
