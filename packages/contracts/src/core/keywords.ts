/**
 * Keywords of Ajv whose cost grows faster than the payload, done otherwise with the same meaning: `uniqueItems` compares
 * each pair, `enum` each member, and a branch of `anyOf`, `oneOf` or `contains` that does not hold leaves an error object
 * behind for every value, also when another branch does. Objects are compared by their own members only: Ajv calls
 * `valueOf`, which a payload may bring along as something else.
 */

import { _, type Ajv, type CodeKeywordDefinition, type KeywordCxt } from "ajv";
import { hasDuplicates, isOneOf, isSame } from "./same.ts";

/** Below so many, one comparison after the other is as fast. */
const FEW = 16;

export function mendKeywords(ajv: Ajv): void {
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    before: "contains",
    error: { message: "must NOT have duplicate items" },
    errors: false,
    validate: (isUnique: boolean, items: unknown[]) => !isUnique || !hasDuplicates(items),
  });
  for (const keyword of ["anyOf", "oneOf"]) replace(ajv, keyword, (code, cxt) => quietly(code, cxt, detailed));
  replace(ajv, "contains", (code, cxt) => quietly(code, cxt));
  replace(ajv, "enum", (code, cxt) => {
    const members = cxt.schema as unknown[];
    if (members.some(isObject)) passIf(cxt, isOneOf(members));
    else if (members.length > FEW) passIf(cxt, new Set(members));
    else code(cxt);
  });
  replace(ajv, "const", (code, cxt) => {
    if (isObject(cxt.schema)) passIf(cxt, (value) => isSame(value, cxt.schema));
    else code(cxt);
  });
}

type Code = CodeKeywordDefinition["code"];

function replace(ajv: Ajv, keyword: string, code: (original: Code, cxt: KeywordCxt) => void): void {
  // The instance's own copy of the definition, whose place in the order of evaluation must stay.
  const definition = ajv.getKeyword(keyword) as CodeKeywordDefinition;
  const original = definition.code;
  definition.code = (cxt) => code(original, cxt);
}

function passIf(cxt: KeywordCxt, accepted: Set<unknown> | ((value: unknown) => boolean)): void {
  const name = cxt.gen.scopeValue("keyword", { ref: accepted });
  cxt.pass(accepted instanceof Set ? _`${name}.has(${cxt.data})` : _`${name}(${cxt.data})`);
}

/** `code`, whose subschemas leave no errors behind; `onError` makes those that are told, once nothing can hold. */
function quietly(code: Code, cxt: KeywordCxt, onError?: (cxt: KeywordCxt) => void): void {
  const subschema = cxt.subschema.bind(cxt);
  const error = cxt.error.bind(cxt);
  cxt.subschema = (applied, valid) => subschema({ ...applied, createErrors: false, allErrors: false }, valid);
  cxt.error = (...how) => {
    cxt.subschema = subschema;
    cxt.reset(); // what was left behind are errors without a word
    if (cxt.it.createErrors !== false) onError?.(cxt);
    error(...how);
  };
  code(cxt);
}

function detailed(cxt: KeywordCxt): void {
  const again = cxt.gen.name("again");
  for (const schemaProp of (cxt.schema as unknown[]).keys()) {
    cxt.subschema({ keyword: cxt.keyword, schemaProp, compositeRule: true }, again);
  }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
