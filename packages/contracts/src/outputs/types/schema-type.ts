/**
 * From a JSON Schema to the TypeScript type of what it accepts. A type says less than a schema: lengths, patterns,
 * conditions and `not` become words above a member, or nothing. Where an object may have members beyond the declared
 * ones, only the declared ones are typed: what nobody declared should not be relied on.
 *
 * A schema with `properties` and no `type` is read as an object, one with `items` as an array, and so on: that is what
 * its author means, though JSON Schema lets other kinds of value pass.
 */

import type { JsonSchema } from "../../catalogue.ts";
import { limitsOf, sentence } from "../limits-text.ts";
import type { NameOf } from "../naming.ts";

type Keywords = { readonly [keyword: string]: unknown };

/** How tightly a type holds together: what looser ones need parentheses in. */
type Binding = "tight" | "and" | "or";

interface Part {
  text: string;
  binding: Binding;
  /** Any object at all: says nothing beside another part. */
  anyObject?: true;
  /** One object's members and nothing else: can be an interface. */
  isObject?: true;
}

/** Longer choices have a line for each. */
const LINE = 100;
const UNKNOWN: Part = { text: "unknown", binding: "tight" };
const NEVER: Part = { text: "never", binding: "tight" };
const ANY_OBJECT: Part = { text: "{ [key: string]: unknown }", binding: "tight", anyObject: true };

const KEYWORDS_OF: readonly [type: string, keywords: readonly string[]][] = [
  [
    "object",
    [
      "properties",
      "required",
      "additionalProperties",
      "patternProperties",
      "minProperties",
      "maxProperties",
      "propertyNames",
    ],
  ],
  ["array", ["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"]],
  ["string", ["minLength", "maxLength", "pattern", "format", "maxUtf8Bytes"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
];

export function typeText(schema: JsonSchema, nameOf: NameOf): string {
  return partOf(schema, nameOf).text;
}

/** `own`: the schema is defined here, so that its name cannot stand for it. */
export function declaration(
  name: string,
  schema: JsonSchema,
  nameOf: NameOf,
  doc: readonly string[],
  own = false,
): string {
  const part = partOf(schema, nameOf, own);
  const text =
    part.isObject === true
      ? `export interface ${name} ${part.text}`
      : `export type ${name} =${part.text.startsWith("\n") ? "" : " "}${part.text};`;
  return [...docComment(doc), text].join("\n");
}

function partOf(schema: JsonSchema, nameOf: NameOf, own = false): Part {
  if (typeof schema === "boolean") return schema ? UNKNOWN : NEVER;
  const name = own ? undefined : nameOf(schema);
  if (name !== undefined) return { text: name, binding: "tight" };
  const list = (keyword: string) => (schema[keyword] ?? []) as JsonSchema[];
  const parts = [...list("allOf").map((each) => partOf(each, nameOf)), plainPart(schema, nameOf)];
  for (const keyword of ["anyOf", "oneOf"]) {
    if (keyword in schema) parts.push(union(list(keyword).map((each) => partOf(each, nameOf))));
  }
  return intersection(parts);
}

/** What the keywords beside `allOf` and its like say. */
function plainPart(schema: Keywords, nameOf: NameOf): Part {
  const types = typesOf(schema);
  if ("const" in schema) return literal(schema.const);
  if (Array.isArray(schema.enum)) {
    return union(
      schema.enum.filter((value) => types.length === 0 || types.some((type) => isOf(type, value))).map(literal),
    );
  }
  return types.length === 0 ? UNKNOWN : union(types.map((type) => typedPart(type, schema, nameOf)));
}

function typesOf(schema: Keywords): string[] {
  if (schema.type !== undefined) return [schema.type].flat() as string[];
  return KEYWORDS_OF.filter(([, keywords]) => keywords.some((keyword) => keyword in schema)).map(([type]) => type);
}

function isOf(type: string, value: unknown): boolean {
  if (value === null) return type === "null";
  if (Array.isArray(value)) return type === "array";
  if (typeof value === "number") return type === "number" || (type === "integer" && Number.isInteger(value));
  return type === typeof value;
}

function typedPart(type: string, schema: Keywords, nameOf: NameOf): Part {
  if (type === "object") return objectPart(schema, nameOf);
  if (type === "array") return { text: arrayText(schema, nameOf), binding: "tight" };
  return { text: type === "integer" ? "number" : type, binding: "tight" };
}

function objectPart(schema: Keywords, nameOf: NameOf): Part {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const required = new Set((schema.required ?? []) as string[]);
  const declared = new Set(properties.map(([key]) => key));
  const members = properties.map(([key, inner]) => {
    const text = typeText(inner, nameOf);
    const doc = docLines(inner, nameOf(inner) !== undefined);
    return { doc, key: propertyKey(key), optional: !required.has(key), text };
  });
  for (const key of required) {
    if (!declared.has(key)) members.push({ doc: [], key: propertyKey(key), optional: false, text: "unknown" });
  }
  const index = indexText(schema, members, nameOf);
  if (members.length === 0 && index === undefined) {
    return schema.additionalProperties === false ? { text: "{ [key: string]: never }", binding: "tight" } : ANY_OBJECT;
  }
  const lines = members.flatMap(({ doc, key, optional, text }) => [
    ...docComment(doc),
    `${key}${optional ? "?" : ""}: ${text};`,
  ]);
  if (index !== undefined) lines.push(`[key: string]: ${index};`);
  return { text: `{\n${indent(lines.join("\n"))}\n}`, binding: "tight", isObject: true };
}

/** Members that are not named one by one. TypeScript wants their type to hold for the named ones as well. */
function indexText(
  schema: Keywords,
  members: readonly { optional: boolean; text: string }[],
  nameOf: NameOf,
): string | undefined {
  const patterns = Object.values((schema.patternProperties ?? {}) as Record<string, JsonSchema>);
  const { additionalProperties } = schema as { additionalProperties?: JsonSchema };
  const others = [...patterns, ...(additionalProperties === undefined ? [] : [additionalProperties])];
  const open = others.filter((each) => each !== false).map((each) => partOf(each, nameOf));
  if (open.length === 0) return undefined;
  const named = members.map(({ text }): Part => ({ text, binding: "or" }));
  const missing: Part[] = members.some(({ optional }) => optional) ? [{ text: "undefined", binding: "tight" }] : [];
  return union([...open, ...named, ...missing]).text;
}

function arrayText(schema: Keywords, nameOf: NameOf): string {
  const { prefixItems, items } = schema as { prefixItems?: JsonSchema[]; items?: JsonSchema };
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema as { minItems?: number; maxItems?: number };
  const each = items === undefined ? UNKNOWN : partOf(items, nameOf);
  if (prefixItems === undefined) return `${grouped(each, "tight")}[]`;
  const places = prefixItems.map((place, i) => `${grouped(partOf(place, nameOf), "tight")}${i < minItems ? "" : "?"}`);
  const rest = each.text === "never" || maxItems <= places.length ? [] : [`...${grouped(each, "tight")}[]`];
  return `[${[...places, ...rest].join(", ")}]`;
}

function union(parts: readonly Part[]): Part {
  const open = parts.filter(({ text }) => text !== "never");
  if (open.some(({ text }) => text === "unknown")) return UNKNOWN;
  const texts = [...new Set(open.map((part) => grouped(part, "or")))];
  if (texts.length === 0) return NEVER;
  if (texts.length === 1) return open[0]!;
  const line = texts.join(" | ");
  const text = line.length > LINE && !line.includes("\n") ? indent(`\n| ${texts.join("\n| ")}`) : line;
  return { text, binding: "or" };
}

function intersection(parts: readonly Part[]): Part {
  const telling = parts.filter(({ text }) => text !== "unknown");
  if (telling.some(({ text }) => text === "never")) return NEVER;
  const particular = telling.filter(({ anyObject }) => anyObject !== true);
  const used = particular.length === 0 ? telling.slice(0, 1) : particular;
  const texts = [...new Set(used.map((part) => grouped(part, "and")))];
  if (texts.length === 0) return UNKNOWN;
  return texts.length === 1 ? used[0]! : { text: texts.join(" & "), binding: "and" };
}

const LOOSENESS: Readonly<Record<Binding, number>> = { tight: 0, and: 1, or: 2 };
const grouped = ({ text, binding }: Part, within: Binding): string =>
  LOOSENESS[binding] > LOOSENESS[within] ? `(${text})` : text;

function literal(value: unknown): Part {
  return { text: literalText(value), binding: "tight" };
}

function literalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literalText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return quoted(value);
  const members = Object.entries(value).map(([key, inner]) => `${propertyKey(key)}: ${literalText(inner)}`);
  return members.length === 0 ? "{ [key: string]: never }" : `{ ${members.join("; ")} }`;
}

const propertyKey = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key));

/** As JSON, on one line even for those who count line separators of Unicode. */
export const quoted = (value: unknown): string =>
  JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");

/** What stands above a member. A named schema has its words where it is defined. */
function docLines(schema: JsonSchema, named: boolean): string[] {
  if (typeof schema === "boolean" || named) return [];
  const { description, title, deprecated } = schema as { description?: unknown; title?: unknown; deprecated?: unknown };
  const words = typeof description === "string" ? description : typeof title === "string" ? title : undefined;
  const limits = sentence(limitsOf(schema));
  return [
    ...(words === undefined ? [] : [words]),
    ...(limits === undefined ? [] : [limits]),
    ...(deprecated === true ? ["@deprecated"] : []),
  ];
}

export const describeSchema = (schema: JsonSchema): string[] => docLines(schema, false);

/** A comment that no text can end before its time. */
export function docComment(paragraphs: readonly string[]): string[] {
  const lines = paragraphs
    .flatMap((text) => text.trimEnd().split(/\r\n|[\n\r\u2028\u2029]/))
    .map((line) => line.replaceAll("*/", "*\\/"));
  if (lines.length === 0) return [];
  if (lines.length === 1) return [`/** ${lines[0]} */`];
  return ["/**", ...lines.map((line) => ` * ${line}`.trimEnd()), " */"];
}

export const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, "  ");
