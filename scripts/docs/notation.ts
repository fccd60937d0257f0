/** Schemas as one reads them: `{ room, last?: 0..200 }`. Names of the grammar and shapes with a name stand for themselves. */

import { CORE_SHAPES, GRAMMAR } from "@rollcall/contracts";

/** As far as the core schemas go. */
interface Schema {
  type?: string | readonly string[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: Schema | boolean;
  maxProperties?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  anyOf?: readonly Schema[];
  enum?: readonly unknown[];
  const?: unknown;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxJsonBytes?: number;
  maxUtf8Bytes?: number;
}

const grammar = new Map<string, string>(Object.entries(GRAMMAR).map(([kind, pattern]) => [pattern, kind]));
const shapes = new Map(Object.entries(CORE_SHAPES).map(([name, shape]) => [JSON.stringify(shape), name]));

export function notation(schema: object): string {
  return shapes.get(JSON.stringify(schema)) ?? unnamed(schema);
}

/** Of a shape itself, where its name would say nothing. */
export function unnamed(given: object): string {
  const schema = given as Schema;
  if (schema.enum !== undefined) {
    return schema.enum.length > 12 ? "code" : schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(notation).join(" | ");
  if (schema.properties !== undefined) return objectOf(schema);
  if (schema.maxJsonBytes !== undefined) return `JSON <= ${schema.maxJsonBytes} bytes`;
  if (schema.maxUtf8Bytes !== undefined) return `text <= ${schema.maxUtf8Bytes} bytes`;
  switch (schema.type) {
    case "array":
      return `${itemOf(schema.items)}[${range(schema.minItems ?? 0, schema.maxItems)}]`;
    case "integer":
    case "number":
      return numberOf(schema);
    case "string":
      return textOf(schema);
    case "boolean":
      return "boolean";
    case "object":
      return typeof schema.additionalProperties === "object"
        ? `{ [name]: ${notation(schema.additionalProperties)} }`
        : "object";
    default:
      return Array.isArray(schema.type) ? schema.type.join(" | ") : "JSON";
  }
}

function objectOf({ properties = {}, required = [], maxProperties }: Schema): string {
  const fields = Object.entries(properties).map(([name, value]) => {
    const key = `${name}${required.includes(name) ? "" : "?"}`;
    const text = notation(value);
    // `room: room` says it twice.
    return text === name ? key : `${key}: ${text}`;
  });
  if (fields.length === 0) return "{}";
  const only = maxProperties === 1 ? " (one of them)" : "";
  return `{ ${fields.join(", ")} }${only}`;
}

function itemOf(items: Schema | undefined): string {
  const text = items === undefined ? "JSON" : notation(items);
  return text.includes(" | ") ? `(${text})` : text;
}

function numberOf({ type, minimum, maximum }: Schema): string {
  const end = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (end === undefined) return minimum === 1 ? "integer >= 1" : type === "integer" ? "integer" : "number";
  return range(minimum ?? 0, end);
}

function textOf({ pattern, format, maxLength }: Schema): string {
  if (pattern !== undefined) return grammar.get(pattern) ?? "text";
  if (format === "date-time") return "time";
  return maxLength === 512 ? "opaque" : "text";
}

function range(from: number, to: number | undefined): string {
  if (to === undefined) return from === 0 ? "" : `>= ${from}`;
  return `${from}..${to}`;
}
