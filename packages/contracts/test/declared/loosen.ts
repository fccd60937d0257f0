/** Each way to make a schema accept more, one at a time. */

import type { JsonSchema } from "../../src/catalogue.ts";
import { subschemasOf } from "../../src/evolution/canonical.ts";
import { pointerOf } from "../../src/pointer.ts";

type Schema = Record<string, unknown>;

/** A node of a schema by its pointer; the nodes of a copy can be changed. */
export function nodesOf(schema: JsonSchema, pointer = ""): Map<string, Schema> {
  if (typeof schema === "boolean") return new Map();
  const inner = subschemasOf(schema).flatMap(([path, child]) => [...nodesOf(child, pointer + pointerOf(...path))]);
  return new Map([[pointer, schema as Schema], ...inner]);
}

const MOST = ["maximum", "maxLength", "maxItems", "maxProperties", "maxJsonBytes", "maxUtf8Bytes"];
const LEAST = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const WORDS = ["type", "pattern", "format", "const"];

/** What can be done to the node itself, not to those in it. */
export function looseningsOf(node: Schema): ((node: Schema) => void)[] {
  const has = (keywords: readonly string[]) => keywords.filter((keyword) => Object.hasOwn(node, keyword));
  const required = (node.required ?? []) as string[];
  return [
    ...has(MOST).map((keyword) => (one: Schema) => {
      one[keyword] = Number(one[keyword]) + 1;
    }),
    ...has(LEAST)
      .filter((keyword) => keyword.startsWith("m") || node[keyword] !== 0)
      .map((keyword) => (one: Schema) => {
        one[keyword] = Number(one[keyword]) - 1;
      }),
    ...has(WORDS).map((keyword) => (one: Schema) => {
      delete one[keyword];
    }),
    ...has(["enum"]).map(() => (one: Schema) => {
      one.enum = [...(one.enum as unknown[]), "another"];
    }),
    ...(node.additionalProperties === false
      ? [
          (one: Schema) => {
            delete one.additionalProperties;
          },
        ]
      : []),
    ...required.map((name) => (one: Schema) => {
      one.required = (one.required as string[]).filter((other) => other !== name);
    }),
  ];
}
