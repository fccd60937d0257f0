/** AsyncAPI's own schema format follows JSON Schema draft 07; contract files are written in 2020-12. */

import type { JsonSchema } from "../../catalogue.ts";
import { mapParts } from "../portable.ts";

/** What draft 07 has no word for. Without it a schema accepts more, never less. */
const UNKNOWN = new Set(["maxContains", "minContains", "unevaluatedItems", "unevaluatedProperties"]);

export function toDraft07(schema: JsonSchema): JsonSchema {
  const changed = mapParts(schema, toDraft07);
  if (typeof changed === "boolean") return changed;
  const { prefixItems, items, dependentRequired, dependentSchemas, $ref, ...rest } = changed as Record<string, unknown>;
  const kept = Object.fromEntries(Object.entries(rest).filter(([keyword]) => !UNKNOWN.has(keyword)));
  const whole = {
    ...kept,
    ...(kept.properties === undefined ? {} : { properties: withoutProto(kept.properties as object) }),
    ...(prefixItems === undefined ? {} : { items: prefixItems }),
    ...(items === undefined ? {} : { [prefixItems === undefined ? "items" : "additionalItems"]: items }),
    ...dependencies(dependentRequired, dependentSchemas),
  };
  if ($ref === undefined) return whole;
  // Beside a reference draft 07 sees nothing.
  if (Object.keys(whole).length === 0) return { $ref };
  return { ...whole, allOf: [{ $ref }, ...((kept.allOf as unknown[] | undefined) ?? [])] };
}

/** AsyncAPI's own tools read a member of that name as the prototype, and then find the schema invalid. */
const withoutProto = (properties: object) =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => name !== "__proto__"));

function dependencies(required: unknown, schemas: unknown): object {
  if (required === undefined && schemas === undefined) return {};
  const members = Object.entries((required ?? {}) as Record<string, string[]>).map(
    ([key, names]): [string, unknown] => [key, { required: names }],
  );
  for (const [key, schema] of Object.entries((schemas ?? {}) as Record<string, unknown>)) {
    const same = members.find(([name]) => name === key);
    if (same === undefined) members.push([key, schema]);
    else same[1] = { allOf: [same[1], schema] };
  }
  return { dependencies: Object.fromEntries(members) };
}
