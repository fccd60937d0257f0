/** The one configuration of Ajv: strict, no coercion, no mutation, local references only, our two keywords; no payload
 * is slow, by `keywords.ts`, `formats.ts` and expressions that do not backtrack. */

import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Issue } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { linearRegex } from "../regex/linear-regex.ts";
import { addFormats } from "./formats.ts";
import { exceedsDepth, excessOf, jsonBytes, utf8Bytes } from "./json.ts";
import { mendKeywords } from "./keywords.ts";

/** Ajv asks for an expression and, for code it writes to files, how to make it: ours writes none. */
const REGEX_ENGINE = Object.assign((pattern: string) => linearRegex(pattern), { code: "linearRegex" });

export interface AjvOptions {
  /** Check schemas against the meta-schema first; default true. */
  validateSchema?: boolean;
  /** Look for every mistake; default the first only. */
  allErrors?: boolean;
  /** Errors carry the schema they come from; default false. */
  verbose?: boolean;
  /** Note what has been looked at, for `unevaluatedProperties` and `unevaluatedItems`, which others pay for. Default true. */
  unevaluated?: boolean;
  /** Ask of each member whether it is the object's own, for schemas that name what objects inherit. Default true. */
  ownProperties?: boolean;
  /** What a reference leads to is written where the reference stands, if it is small; else it is a function. Default true. */
  inlineRefs?: boolean;
}

export function newAjv(options: AjvOptions = {}): Ajv2020 {
  const { validateSchema = true, allErrors = false, verbose = false } = options;
  const { unevaluated = true, ownProperties = true, inlineRefs = true } = options;
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    strictTuples: false,
    allErrors,
    verbose,
    validateSchema,
    // Adding the meta-schemas costs more than all of a small contract.
    meta: validateSchema,
    coerceTypes: false,
    removeAdditional: false,
    useDefaults: false,
    validateFormats: true,
    addUsedSchema: false,
    ownProperties,
    inlineRefs,
    code: { regExp: REGEX_ENGINE },
  });
  ajv.opts.unevaluated = unevaluated; // the constructor says true, whatever it is told
  addFormats(ajv);
  mendKeywords(ajv);
  ajv.addKeyword({
    keyword: "maxJsonBytes",
    schemaType: "number",
    errors: false,
    validate: (max: number, value: unknown) => !exceedsDepth(value, LIMITS.depth) && jsonBytes(value) <= max,
  });
  ajv.addKeyword({
    keyword: "maxUtf8Bytes",
    schemaType: "number",
    type: "string",
    errors: false,
    validate: (max: number, value: string) => utf8Bytes(value) <= max,
  });
  return ajv;
}

const EXCESS: Record<string, Issue[]> = {
  maxDepth: [{ pointer: "", keyword: "maxDepth", message: "is nested too deep" }],
  maxMembers: [{ pointer: "", keyword: "maxMembers", message: `has an object of more than ${LIMITS.members} members` }],
};

/** What no payload may be, whatever its schema says; looked at before the schema. */
export function excessIssues(value: unknown): Issue[] | undefined {
  const excess = excessOf(value, LIMITS.depth, LIMITS.members);
  return excess && EXCESS[excess];
}

/** Pointers, keywords and what they ask; never the value, nor a name the sender chose. */
export function issuesOf(validate: ValidateFunction): Issue[] {
  return (validate.errors ?? []).slice(0, LIMITS.issues).map((error) => ({
    pointer: error.instancePath.slice(0, 256),
    keyword: error.keyword,
    message: messageOf(error),
  }));
}

function messageOf(error: ErrorObject): string {
  const params = error.params as Record<string, unknown>;
  if (error.keyword === "maxJsonBytes") return `must be at most ${String(error.schema)} bytes of JSON`;
  if (error.keyword === "maxUtf8Bytes") return `must be at most ${String(error.schema)} bytes of UTF-8`;
  if (error.keyword === "enum") return `must be one of ${fewOf(params.allowedValues as unknown[])}`;
  return error.message ?? "is not acceptable";
}

const fewOf = (values: readonly unknown[]): string =>
  `${JSON.stringify(values.slice(0, 10)).slice(0, 300)}${values.length > 10 ? ` and ${values.length - 10} more` : ""}`;
