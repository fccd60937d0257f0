/** A payload as a table: one row for each member at any depth, by its path (`lines[].sku`, `labels.*`). */

import type { JsonSchema } from "../../catalogue.ts";
import { limitsOf } from "../limits-text.ts";

export interface Field {
  /** "" is the payload itself. */
  path: string;
  type: string;
  /** `depends`: in some of the alternatives only. */
  presence: "required" | "optional" | "depends";
  description: string;
  limits: readonly string[];
  deprecated: boolean;
}

type Schema = { readonly [keyword: string]: unknown };

const MAX_FIELDS = 200;
const MAX_DEPTH = 8;
const MAX_VALUES = 12;

export function fieldsOf(schema: JsonSchema): Field[] {
  const fields: Field[] = [];
  const words = typeWords(schema);
  if (words !== "object") fields.push(fieldOf("", schema, "required"));
  collect(schema, "", "required", 0, fields);
  return fields;
}

/** What stands below `path`. Parts demanded by `allOf` count like the schema's own, alternatives as such. */
function collect(schema: JsonSchema, path: string, within: Field["presence"], depth: number, into: Field[]): void {
  if (typeof schema === "boolean" || depth > MAX_DEPTH) return;
  const views = viewsOf(schema);
  const required = new Set(views.flatMap((view) => (view.required as string[] | undefined) ?? []));
  const named = new Set<string>();
  for (const view of views) {
    for (const [name, member] of Object.entries((view.properties ?? {}) as Record<string, JsonSchema>)) {
      named.add(name);
      const presence = within === "depends" ? "depends" : required.has(name) ? "required" : "optional";
      add(member, join(path, name), presence, depth, into);
    }
  }
  for (const name of required) {
    if (!named.has(name)) add(true, join(path, name), within === "depends" ? "depends" : "required", depth, into);
  }
  for (const view of views) {
    const { items, prefixItems, additionalProperties, patternProperties } = view as { [keyword: string]: JsonSchema };
    for (const [i, item] of ((prefixItems ?? []) as unknown as JsonSchema[]).entries()) {
      below(item, `${path}[${i}]`, depth, into);
    }
    if (items !== undefined && items !== false) below(items, `${path}[]`, depth, into);
    if (additionalProperties !== undefined && additionalProperties !== false) {
      add(additionalProperties, join(path, "*"), "optional", depth, into);
    }
    for (const [pattern, member] of Object.entries(
      (patternProperties ?? {}) as unknown as Record<string, JsonSchema>,
    )) {
      add(member, join(path, `/${pattern}/`), "optional", depth, into);
    }
    for (const choice of [...((view.anyOf as JsonSchema[]) ?? []), ...((view.oneOf as JsonSchema[]) ?? [])]) {
      collect(choice, path, "depends", depth + 1, into);
    }
  }
}

/** Items have a row of their own only where there is something to say: the list's row tells their type. */
function below(items: JsonSchema, path: string, depth: number, into: Field[]): void {
  const { description, limits } = fieldOf(path, items, "optional");
  if (description !== "" || limits.length > 0) add(items, path, "optional", depth, into);
  else collect(items, path, "required", depth + 1, into);
}

function add(schema: JsonSchema, path: string, presence: Field["presence"], depth: number, into: Field[]): void {
  if (into.length >= MAX_FIELDS) return;
  const same = into.find((field) => field.path === path);
  if (same === undefined) into.push(fieldOf(path, schema, presence));
  else same.type = [...new Set([...same.type.split(" | "), ...typeWords(schema).split(" | ")])].join(" | ");
  collect(schema, path, "required", depth + 1, into);
}

function fieldOf(path: string, schema: JsonSchema, presence: Field["presence"]): Field {
  const views = viewsOf(schema);
  const text = views.map((view) => view.description ?? view.title).find((each) => typeof each === "string");
  return {
    path,
    type: typeWords(schema),
    presence,
    description: typeof text === "string" ? text.trim() : "",
    limits: [...new Set(views.flatMap((view) => limitsOf(view)))],
    deprecated: views.some((view) => view.deprecated === true),
  };
}

const join = (path: string, name: string) => (path === "" ? name : `${path}.${name}`);

/** The schema and what it demands by `allOf`: each holds. */
function viewsOf(schema: JsonSchema): Schema[] {
  if (typeof schema === "boolean") return [];
  return [schema, ...((schema.allOf as JsonSchema[] | undefined) ?? []).flatMap(viewsOf)];
}

/** In a few words; objects and their members have rows of their own. */
export function typeWords(schema: JsonSchema): string {
  if (schema === false) return "nothing";
  const words = [...new Set(viewsOf(schema).flatMap(viewWords))];
  return words.length === 0 ? "any" : words.join(" | ");
}

function viewWords(view: Schema): string[] {
  if ("const" in view) return [JSON.stringify(view.const)];
  if (Array.isArray(view.enum)) {
    const values = view.enum.map((value) => JSON.stringify(value));
    return values.length > MAX_VALUES ? [...values.slice(0, MAX_VALUES), `${values.length - MAX_VALUES} more`] : values;
  }
  const types = [view.type ?? impliedType(view) ?? []].flat() as string[];
  if (types.length > 0) return types.map((type) => (type === "array" ? arrayWords(view) : type));
  return [...((view.anyOf as JsonSchema[]) ?? []), ...((view.oneOf as JsonSchema[]) ?? [])].map(typeWords);
}

function impliedType(view: Schema): string | undefined {
  if (["properties", "required", "additionalProperties", "patternProperties"].some((key) => key in view))
    return "object";
  return ["items", "prefixItems"].some((key) => key in view) ? "array" : undefined;
}

function arrayWords({ items, prefixItems }: Schema): string {
  if (prefixItems !== undefined) return `[${(prefixItems as JsonSchema[]).map(typeWords).join(", ")}]`;
  return items === undefined ? "array" : `array of ${typeWords(items as JsonSchema)}`;
}
