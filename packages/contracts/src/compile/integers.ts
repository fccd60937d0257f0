/** Which integers a schema accepts, when it says so by a range alone: then a sum can be judged where it is made, in Redis. */

import type { IntegerRange } from "../contract.ts";

/** Keywords that may refuse a number and are no bound of it. */
const OTHERWISE = [
  "$ref",
  "$dynamicRef",
  "enum",
  "const",
  "multipleOf",
  "allOf",
  "anyOf",
  "oneOf",
  "not",
  "if",
] as const;

/** What no sum is in. */
export const NO_INTEGERS: IntegerRange = { least: 1, most: 0 };

/** {@link NO_INTEGERS} also where the schema does not tell them by a range. `schema`: without references. */
export function integersOf(schema: unknown): IntegerRange {
  if (schema === true) return { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER };
  if (typeof schema !== "object" || schema === null) return NO_INTEGERS;
  const keywords = schema as Record<string, unknown>;
  if (OTHERWISE.some((keyword) => Object.hasOwn(keywords, keyword))) return NO_INTEGERS;
  const { type } = keywords;
  if (type !== undefined && !["integer", "number"].some((name) => [type].flat().includes(name))) return NO_INTEGERS;
  const bound = (name: string, otherwise: number) => (keywords[name] as number | undefined) ?? otherwise;
  const least = Math.max(
    Number.MIN_SAFE_INTEGER,
    Math.ceil(bound("minimum", Number.NEGATIVE_INFINITY)),
    Math.floor(bound("exclusiveMinimum", Number.NEGATIVE_INFINITY)) + 1,
  );
  const most = Math.min(
    Number.MAX_SAFE_INTEGER,
    Math.floor(bound("maximum", Number.POSITIVE_INFINITY)),
    Math.ceil(bound("exclusiveMaximum", Number.POSITIVE_INFINITY)) - 1,
  );
  return least <= most ? { least, most } : NO_INTEGERS;
}
