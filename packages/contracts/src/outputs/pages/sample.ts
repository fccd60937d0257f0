/** A small value that a schema accepts, for snippets of events that have no example. None is better than a wrong one. */

import type { Ajv2020 } from "ajv/dist/2020.js";
import type { JsonSchema } from "../../catalogue.ts";
import { newAjv } from "../../core/ajv.ts";

type Schema = { readonly [keyword: string]: unknown };

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2026-01-31T12:00:00Z",
  date: "2026-01-31",
  time: "12:00:00Z",
  email: "ada@example.com",
  uri: "https://example.com/",
  url: "https://example.com/",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uuid: "4f1f3b1c-0000-4000-8000-000000000001",
};
/** Tried in turn against a pattern. */
const TEXTS = ["text", "abc", "A-1", "a", "A", "1", "123", "abc-123", "a:b", "/", "#ff0000", "0123456789abcdef"];
const MAX_DEPTH = 12;

let ajv: Ajv2020 | undefined;

/** Undefined: none was found. */
export function sampleOf(schema: JsonSchema): unknown {
  if (typeof schema === "boolean") return schema ? {} : undefined;
  const made = make(schema, 0);
  ajv ??= newAjv();
  try {
    return ajv.compile(schema)(made) ? made : undefined;
  } catch {
    return undefined; // what cannot be compared has no sample
  } finally {
    ajv.removeSchema(schema);
  }
}

function make(schema: JsonSchema, depth: number): unknown {
  if (typeof schema === "boolean" || depth > MAX_DEPTH) return {};
  const examples = schema.examples as unknown[] | undefined;
  if (examples?.[0] !== undefined) return examples[0];
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const first = [schema.anyOf, schema.oneOf].flatMap((list) => ((list as JsonSchema[] | undefined) ?? []).slice(0, 1));
  const parts = [...((schema.allOf as JsonSchema[] | undefined) ?? []), ...first].map((part) => make(part, depth + 1));
  const own = plain(schema, depth);
  const objects = [...parts, own].filter((part) => typeof part === "object" && part !== null && !Array.isArray(part));
  if (own !== undefined && !objects.includes(own)) return own;
  if (objects.length > 0) return Object.assign({}, ...objects);
  return parts.length > 0 ? parts[0] : {};
}

function plain(schema: Schema, depth: number): unknown {
  const [type] = [schema.type ?? []].flat() as string[];
  switch (type ?? ("properties" in schema || "required" in schema ? "object" : undefined)) {
    case "string":
      return text(schema);
    case "integer":
    case "number":
      return number(schema);
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return array(schema, depth);
    case "object":
      return object(schema, depth);
    default:
      return undefined;
  }
}

function text({ format, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Schema): string {
  if (typeof format === "string" && Object.hasOwn(FORMATS, format)) return FORMATS[format]!;
  const fitting = TEXTS.map((each) => each.padEnd(Number(minLength), "x").slice(0, Number(maxLength)));
  return fitting.find((each) => typeof pattern !== "string" || new RegExp(pattern, "u").test(each)) ?? "text";
}

function number({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: Schema): number {
  const step = Number(multipleOf ?? 1);
  const least = Number(minimum ?? (exclusiveMinimum === undefined ? step : Number(exclusiveMinimum) + step));
  const most = Number(maximum ?? (exclusiveMaximum === undefined ? least : Number(exclusiveMaximum) - step));
  return Math.min(Math.max(least, Math.min(step, most)), most);
}

function array(schema: Schema, depth: number): unknown[] {
  const {
    prefixItems = [],
    items,
    minItems = 0,
  } = schema as {
    prefixItems?: JsonSchema[];
    items?: JsonSchema;
    minItems?: number;
  };
  const first = prefixItems.map((item) => make(item, depth + 1));
  const further =
    items === undefined || items === false ? 0 : Math.max(minItems - first.length, first.length > 0 ? 0 : 1);
  return [...first, ...Array.from({ length: Math.min(further, 3) }, () => make(items ?? true, depth + 1))];
}

/** What is required; where nothing is, the first member, so that there is something to see. */
function object(schema: Schema, depth: number): object {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const required = (schema.required as string[] | undefined) ?? [];
  const names = required.length > 0 ? required : Object.keys(properties).slice(0, depth === 0 ? 1 : 0);
  return Object.fromEntries(names.map((name) => [name, make(properties[name] ?? true, depth + 1)]));
}
