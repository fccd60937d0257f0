/** Which fields schemas declare, by pointer; an optional one that comes or goes restricts nobody. */

import type { JsonSchema } from "../catalogue.ts";
import { pointerOf } from "../pointer.ts";

export interface FieldChanges {
  declared: string[];
  undeclared: string[];
}

export function compareDeclared(old: JsonSchema, next: JsonSchema): FieldChanges {
  const [before, after] = [declaredIn(old), declaredIn(next)];
  return { declared: outermost(after, before), undeclared: outermost(before, after) };
}

/** Of one set without the other; fields of a field that is there itself say nothing more. */
function outermost(some: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  const only = [...some].filter((pointer) => !others.has(pointer));
  return only.filter((pointer) => !only.some((outer) => pointer.startsWith(`${outer}/`)));
}

const IN_PLACE = ["allOf", "anyOf", "oneOf", "then", "else"] as const;
const MEMBERS = ["items", "prefixItems", "additionalProperties"] as const;

function declaredIn(schema: JsonSchema, pointer = "", into = new Set<string>()): Set<string> {
  if (typeof schema === "boolean") return into;
  const each = (value: unknown) => [value ?? []].flat() as JsonSchema[];
  for (const keyword of IN_PLACE) for (const part of each(schema[keyword])) declaredIn(part, pointer, into);
  const members = [
    ...MEMBERS.flatMap((keyword) => each(schema[keyword])),
    ...Object.values(fields(schema, "patternProperties")),
  ];
  for (const member of members) declaredIn(member, `${pointer}/*`, into);
  for (const [name, field] of Object.entries(fields(schema, "properties"))) {
    if (field === false) continue;
    into.add(pointer + pointerOf(name));
    declaredIn(field, pointer + pointerOf(name), into);
  }
  return into;
}

const fields = (schema: Exclude<JsonSchema, boolean>, keyword: string) =>
  (schema[keyword] ?? {}) as Readonly<Record<string, JsonSchema>>;
