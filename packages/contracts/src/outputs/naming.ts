/** Names for what the outputs declare: of types, of files, of parts of documents. */

import type { JsonSchema } from "../catalogue.ts";
import { DEFAULT_NAMESPACE } from "../names.ts";

/** `order:shipped` to `OrderShipped`. Of any text at least one letter remains. */
export function pascalCase(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^[A-Za-z]/.test(joined) ? joined : `N${joined}`;
}

export const camelCase = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** What stands before a namespace's names; nothing for the default one. */
export const prefixOf = (namespace: string): string => (namespace === DEFAULT_NAMESPACE ? "" : pascalCase(namespace));

/** Gives each name once: to the second who wants it with a 2. */
export class NameClaims {
  readonly #taken: Set<string>;

  constructor(reserved: Iterable<string> = []) {
    this.#taken = new Set(reserved);
  }

  claim(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.#taken.has(name); n++) name = `${wanted}${n}`;
    this.#taken.add(name);
    return name;
  }
}

/** The name of a schema that has one. */
export type NameOf = (schema: JsonSchema) => string | undefined;

export interface NamedSchema {
  name: string;
  schema: JsonSchema;
}

/** By what schemas say, not by identity: references were replaced by copies. The first of two equal ones names both. */
export function namesBySchema(named: readonly NamedSchema[]): NameOf {
  const names = new Map<string, string>();
  for (const { name, schema } of named) {
    const key = JSON.stringify(schema);
    if (!names.has(key)) names.set(key, name);
  }
  const texts = new WeakMap<object, string>();
  return (schema) => {
    if (typeof schema === "boolean") return undefined;
    let text = texts.get(schema);
    if (text === undefined) texts.set(schema, (text = JSON.stringify(schema)));
    return names.get(text);
  };
}

/** Worth a name of its own: an object, a list, a choice. A mere text or number is written out wherever it stands. */
export function isStructured(schema: JsonSchema): boolean {
  if (typeof schema === "boolean") return false;
  return ["properties", "items", "prefixItems", "allOf", "anyOf", "oneOf", "enum", "additionalProperties"].some(
    (keyword) => keyword in schema,
  );
}
