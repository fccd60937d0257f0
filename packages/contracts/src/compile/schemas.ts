/**
 * Payload schemas of contract files: references replaced, everything checked that could keep one from compiling or make
 * a payload slow, and compiled when first used.
 */

import type { ErrorObject, ValidateFunction } from "ajv";
import type { Ajv2020 } from "ajv/dist/2020.js";
import type { Validator } from "../contract.ts";
import { excessIssues, issuesOf, newAjv } from "../core/ajv.ts";
import { worstNs } from "./cost.ts";
import { findKeywordMistakes } from "./keywords.ts";
import { Parts } from "./parts.ts";
import { inlineReferences, type ReferenceScope, type Report } from "./references.ts";

export interface CompiledSchema {
  /** Without references. */
  schema: unknown;
  validate: Validator;
}

export interface SchemaCompiler {
  /** Reports every mistake by its pointer inside the schema; what has one validates nothing. */
  compile(schema: unknown, scope: ReferenceScope, report: Report): CompiledSchema;
}

/** Of the 5 ms that a payload may cost, what parsing and walking it leaves. */
const MAX_NS = 3_000_000;

/** Of a schema whose own mistakes are told. */
export const REFUSE_ALL: Validator = () => [{ pointer: "", keyword: "schema", message: "the schema has mistakes" }];

/** Names that every object has a member of, in a schema's text. */
const INHERITED = new RegExp(`"(?:${Object.getOwnPropertyNames(Object.prototype).join("|")})"`);

export function schemaCompiler(): SchemaCompiler {
  const ajvs = new Map<string, Ajv2020>();
  const parts = new Parts();
  const compiled = (schema: object): ValidateFunction => {
    const text = JSON.stringify(schema);
    const [unevaluated, ownProperties] = [text.includes('"unevaluated'), INHERITED.test(text)];
    const kind = `${unevaluated} ${ownProperties}`;
    const ajv = ajvs.get(kind) ?? newAjv({ validateSchema: false, unevaluated, ownProperties, inlineRefs: false });
    ajvs.set(kind, ajv);
    if (unevaluated || ownProperties) return ajv.compile(schema);
    return ajv.compile(parts.refer(schema, (id, part) => ajv.addSchema(part as object, id)) as object);
  };
  return {
    compile(written, scope, report) {
      const { schema: inlined, isSound } = checked(written, scope, report);
      if (!isSound) return { schema: inlined, validate: REFUSE_ALL };
      const schema = parts.collect(inlined);
      return { schema, validate: onFirstUse(() => compiled(schema as object)) };
    },
  };
}

/** Apart from `checked`, so that a validator keeps its schema alive and not the whole text of the file it came from. */
function onFirstUse(compile: () => ValidateFunction): Validator {
  let validate: ValidateFunction | undefined;
  return (value) => {
    const excess = excessIssues(value);
    if (excess !== undefined) return excess;
    validate ??= compile();
    return validate(value) ? undefined : issuesOf(validate);
  };
}

function checked(written: unknown, scope: ReferenceScope, report: Report): { schema: unknown; isSound: boolean } {
  let isSound = true;
  const note: Report = (pointer, message) => {
    isSound = false;
    report(pointer, message);
  };
  const schema = inlineReferences(written, scope, note);
  if (isSound) findMetaMistakes(schema, note);
  if (isSound) findKeywordMistakes(schema, note);
  if (isSound && worstNs(schema) > MAX_NS) {
    note(
      "",
      "may take long to validate: bound its arrays by `maxItems`, open objects by `maxProperties`, or choose less",
    );
  }
  return { schema, isSound };
}

let metaSchema: ValidateFunction | undefined;

/** What JSON Schema itself says of schemas. The meta-schema is compiled once. */
function findMetaMistakes(schema: unknown, report: Report): void {
  metaSchema ??= newAjv({ allErrors: true }).getSchema("https://json-schema.org/draft/2020-12/schema")!;
  if (metaSchema(schema)) return;
  const told = new Set<string>();
  for (const error of metaSchema.errors ?? []) {
    if (told.has(error.instancePath)) continue;
    told.add(error.instancePath);
    report(error.instancePath, `is not what JSON Schema allows here: ${explained(error)}`);
  }
}

function explained({ message = "is not acceptable", params }: ErrorObject): string {
  const { allowedValues } = params as { allowedValues?: unknown[] };
  return allowedValues === undefined ? message : `must be one of ${allowedValues.join(", ")}`;
}
