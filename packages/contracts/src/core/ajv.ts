/** The one configuration of Ajv: strict, no coercion, no mutation, local references only, our two keywords. */

import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Issue } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { exceedsDepth, jsonBytes, utf8Bytes } from "./json.ts";

export function newAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    allErrors: false,
    coerceTypes: false,
    removeAdditional: false,
    useDefaults: false,
    validateFormats: true,
    addUsedSchema: false,
    ownProperties: true,
  });
  // The package is CommonJS: its default export is the module's member of that name.
  (formats as unknown as { default: (ajv: Ajv2020) => void }).default(ajv);
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
  if (error.keyword === "enum") return `must be one of ${JSON.stringify(params.allowedValues)}`;
  return error.message ?? "is not acceptable";
}
