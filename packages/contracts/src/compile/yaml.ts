/**
 * The value of a YAML text, quickly. What this parser does not accept, or might read otherwise than `document.ts`, is left
 * to that one: a test compares the two.
 */

import { CORE_SCHEMA, load, mapTag } from "js-yaml";

/**
 * Directives, ends of documents, tags, tabs, marks that are no letters, numbers beyond all bounds; and anchors, whose
 * aliases may multiply a small text.
 */
const UNUSUAL = /^(?:%|\.\.\.)|(?:^|[\s[{,:])!|[\t&\u0085\u2028\ufeff]|\d\.?[eE][-+]?\d{3}/m;

const TEXT_KEYS = CORE_SCHEMA.withTags({
  ...mapTag,
  addPair: (map: Record<string, unknown>, key, value) =>
    typeof key === "string" ? mapTag.addPair(map, key, value) : "a key that is no text",
});

/** Undefined when the text has a mistake, or something unusual. */
export function readYaml(text: string): { value: unknown } | undefined {
  if (UNUSUAL.test(text)) return undefined;
  try {
    return { value: load(text, { schema: TEXT_KEYS }) };
  } catch {
    return undefined; // told, with its place, by the other parser
  }
}
