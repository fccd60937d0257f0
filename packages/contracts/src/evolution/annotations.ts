/** What a schema says besides what it accepts. */

import type { JsonSchema } from "../catalogue.ts";
import { pointerOf } from "../pointer.ts";
import { ANNOTATIONS, stableJson, subschemasOf } from "./canonical.ts";

/** Did a description, a title, an example or the like change, in a part that both schemas have? */
export function annotationsDiffer(old: JsonSchema, next: JsonSchema): boolean {
  const before = new Map(annotated(old, ""));
  return annotated(next, "").some(([pointer, text]) => before.has(pointer) && before.get(pointer) !== text);
}

function annotated(schema: JsonSchema, pointer: string): [pointer: string, text: string][] {
  if (typeof schema === "boolean") return [];
  const own = Object.entries(schema).filter(([keyword]) => ANNOTATIONS.has(keyword));
  return [
    [pointer, stableJson(Object.fromEntries(own))],
    ...subschemasOf(schema).flatMap(([path, inner]) => annotated(inner, pointer + pointerOf(...path))),
  ];
}
