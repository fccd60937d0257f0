/** Does a schema promise that a pointer leads to something of a type? What it does not promise may be missing one day. */

import { pointerParts } from "../pointer.ts";

type Schema = Record<string, unknown>;
const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null;

/** Why not, or undefined. `types` are what the end must be; arrays of the first type pass when `orArray`. */
export function notGuaranteed(
  schema: unknown,
  pointer: string,
  types: readonly string[],
  orArray = false,
): string | undefined {
  let at = views(schema);
  for (const part of pointerParts(pointer)) {
    if (!at.some((view) => Array.isArray(view.required) && view.required.includes(part))) {
      return `the payload's schema does not require ${pointer}: add ${JSON.stringify(part)} to \`required\``;
    }
    const next = at.flatMap((view) => {
      const properties = view.properties;
      return isSchema(properties) && Object.hasOwn(properties, part) ? views(properties[part]) : [];
    });
    if (next.length === 0) return `the payload's schema does not describe ${pointer}`;
    at = next;
  }
  const fits = promises(at, types, orArray);
  return fits
    ? undefined
    : `${pointer} must be declared as ${types.join(" or ")}${orArray ? ", or an array of it" : ""}`;
}

/** The schema and what it demands by `allOf`: each holds. */
function views(schema: unknown): Schema[] {
  if (!isSchema(schema)) return [];
  const all = Array.isArray(schema.allOf) ? schema.allOf : [];
  return [schema, ...all.flatMap(views)];
}

/** One of what holds together suffices; of alternatives, each must. */
function promises(all: readonly Schema[], types: readonly string[], orArray: boolean): boolean {
  const items = orArray ? all.flatMap((view) => views(view.items)) : [];
  const orItems = items.length > 0 && promises(items, types, false);
  return all.some((view) => {
    if (typed(view, orItems ? [...types, "array"] : types) || constant(view, types)) return true;
    return [view.anyOf, view.oneOf].some(
      (branches) => Array.isArray(branches) && branches.every((branch) => promises(views(branch), types, orArray)),
    );
  });
}

function typed(view: Schema, types: readonly string[]): boolean {
  return [view.type].flat().every((type) => types.includes(String(type)));
}

function constant(view: Schema, types: readonly string[]): boolean {
  const values = Object.hasOwn(view, "const") ? [view.const] : Array.isArray(view.enum) ? view.enum : [];
  const typeOf = (value: unknown) => (Number.isInteger(value) ? "integer" : typeof value);
  return values.length > 0 && values.every((value) => types.includes(typeOf(value)));
}
