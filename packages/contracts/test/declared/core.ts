/** What core declares, a line for each part of each schema: its name, and what it asks. */

import type { TSchema } from "typebox";
import type { JsonSchema } from "../../src/catalogue.ts";
import { ANNOTATIONS, stableJson, subschemasOf } from "../../src/evolution/canonical.ts";
import { SURFACES } from "../fuzz/surfaces.ts";
import { nodesOf } from "./loosen.ts";

export function declaredByCore(): Map<string, string> {
  return new Map(
    SURFACES.flatMap(({ name, schema }) =>
      [...nodesOf(plain(schema))].map(([pointer, node]) => [nameOf(name, pointer), askedBy(node)] as const),
    ),
  );
}

export const plain = (schema: TSchema): JsonSchema => JSON.parse(JSON.stringify(schema)) as JsonSchema;

export const nameOf = (surface: string, pointer: string): string => `${surface} ${pointer}`.trimEnd();

/** Without what its subschemas ask, and without words for readers. */
function askedBy(node: Exclude<JsonSchema, boolean>): string {
  const inner = new Set(subschemasOf(node).map(([[keyword]]) => keyword));
  const own = Object.entries(node).filter(([keyword]) => !inner.has(keyword) && !ANNOTATIONS.has(keyword));
  // `additionalProperties: false` is no schema that could be looked into.
  const closed = Object.entries(node).filter(([, value]) => typeof value === "boolean");
  return stableJson(Object.fromEntries([...own, ...closed]));
}
