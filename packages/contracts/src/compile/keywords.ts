/**
 * What a payload schema may say: the keywords of JSON Schema 2020-12, each used in a way that means something. Finds
 * every mistake that would keep a schema from compiling, without compiling it, so that a thousand events load at once and
 * each is compiled when it is first used. Keywords that mean nothing where they stand are mistakes too.
 */

import { FORMATS } from "../core/formats.ts";
import { pointerOf } from "../pointer.ts";
import { linearRegex, regexMistake } from "../regex/linear-regex.ts";
import { nearest } from "./nearest.ts";
import type { Report } from "./references.ts";

type Schema = Record<string, unknown>;

/** What stands below each keyword: no schema, one, a list of them, or a map. */
const KEYWORDS: Record<string, "value" | "schema" | "list" | "map"> = {
  ...of("value", "$schema $comment type enum const title description default deprecated readOnly writeOnly examples"),
  ...of("value", "contentMediaType contentEncoding format pattern minLength maxLength maxUtf8Bytes maxJsonBytes"),
  ...of("value", "multipleOf minimum maximum exclusiveMinimum exclusiveMaximum"),
  ...of("value", "minItems maxItems uniqueItems minContains maxContains"),
  ...of("value", "minProperties maxProperties required dependentRequired"),
  ...of("schema", "not if then else items contains unevaluatedItems"),
  ...of("schema", "additionalProperties propertyNames unevaluatedProperties"),
  ...of("list", "allOf anyOf oneOf prefixItems"),
  ...of("map", "properties patternProperties dependentSchemas $defs"),
};

function of(kind: "value" | "schema" | "list" | "map", keywords: string) {
  return Object.fromEntries(keywords.split(" ").map((keyword) => [keyword, kind]));
}

const DRAFT = "https://json-schema.org/draft/2020-12/schema";
const REPLACED: Record<string, string> = {
  $id: "references end in #/shared/<name> or #/$defs/<name>",
  $anchor: "references end in #/shared/<name> or #/$defs/<name>",
  $dynamicRef: "use `$ref`",
  $dynamicAnchor: "use `$ref`",
  definitions: "use `$defs`, or `shared` of the file",
  dependencies: "use `dependentRequired` or `dependentSchemas`",
  additionalItems: "use `prefixItems` and `items`",
  nullable: 'use `type: [..., "null"]`',
  discriminator: "use `oneOf` with a `const` in each branch",
};

const SLOW_FORMATS: Record<string, string> = {
  url: "did you mean `uri`?",
  regex: "reading a text as an expression can take seconds; leave it to who uses it",
};

/** Of a schema that the meta-schema accepts and whose references are replaced. */
export function findKeywordMistakes(schema: unknown, report: Report, pointer = ""): void {
  if (typeof schema !== "object" || schema === null) return;
  const node = schema as Schema;
  for (const [keyword, value] of Object.entries(node)) {
    const at = pointer + pointerOf(keyword);
    const kind = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (kind === undefined) report(at, unknown(keyword));
    else if (kind === "schema") findKeywordMistakes(value, report, at);
    else if (kind !== "value") {
      for (const [key, inner] of Object.entries(value as object))
        findKeywordMistakes(inner, report, at + pointerOf(key));
    }
  }
  valueMistakes(node, (keyword, message) => report(pointer + pointerOf(...keyword.split("\n")), message));
}

function unknown(keyword: string): string {
  const advice = Object.hasOwn(REPLACED, keyword) ? REPLACED[keyword] : nearest(keyword, Object.keys(KEYWORDS));
  return `is no keyword of JSON Schema 2020-12${advice === undefined ? "" : `: ${advice}`}`;
}

function valueMistakes(node: Schema, report: (keyword: string, message: string) => void): void {
  const has = (keyword: string) => Object.hasOwn(node, keyword);
  const { $schema, enum: members, format, pattern } = node;
  if (has("$schema") && $schema !== DRAFT) report("$schema", `must be ${DRAFT}, or left out`);
  if (Array.isArray(members) && members.length === 0) report("enum", "allows nothing: name what is allowed");
  for (const keyword of ["maxJsonBytes", "maxUtf8Bytes"]) {
    if (has(keyword) && !(Number.isInteger(node[keyword]) && Number(node[keyword]) >= 0))
      report(keyword, "must be an integer >= 0");
  }
  if (typeof format === "string" && !(FORMATS as readonly string[]).includes(format)) {
    const advice = Object.hasOwn(SLOW_FORMATS, format) ? SLOW_FORMATS[format] : nearest(format, FORMATS);
    report("format", `is no format that is checked: ${advice ?? `one of ${FORMATS.join(", ")}`}`);
  }
  if (typeof pattern === "string") {
    const why = regexMistake(pattern);
    if (why !== undefined) report("pattern", why);
  }
  for (const name of Object.keys((node.patternProperties as object) ?? {})) {
    const why = regexMistake(name);
    const twice =
      why === undefined && Object.keys((node.properties as object) ?? {}).find((key) => linearRegex(name).test(key));
    if (why !== undefined) report(`patternProperties\n${name}`, why);
    else if (typeof twice === "string")
      report(
        `patternProperties\n${name}`,
        `also matches the declared property ${JSON.stringify(twice)}: let it match others only`,
      );
  }
  for (const [keyword, needs] of [
    ["minContains", "contains"],
    ["maxContains", "contains"],
    ["then", "if"],
    ["else", "if"],
  ] as const) {
    if (has(keyword) && !has(needs)) report(keyword, `means nothing without \`${needs}\``);
  }
  if (has("if") && !has("then") && !has("else")) report("if", "means nothing without `then` or `else`");
  const { minContains = 1, maxContains } = node as { minContains?: number; maxContains?: number };
  if (has("contains") && minContains === 0 && maxContains === undefined)
    report("minContains", "of 0 asks for nothing: leave `contains` out");
  if (has("contains") && maxContains !== undefined && minContains > maxContains)
    report("minContains", "is above `maxContains`: nothing can hold");
  const isOpenTuple = has("prefixItems") && !["items", "maxItems", "unevaluatedItems"].some(has);
  if (isOpenTuple) report("prefixItems", "says nothing of what follows: add `items: false`, or a schema for the rest");
}
