/** Payload schemas of contract files: references replaced, regular expressions looked at, compiled. */

import type { Validator } from "../contract.ts";
import { issuesOf, newAjv } from "../core/ajv.ts";
import { exceedsDepth } from "../core/json.ts";
import { LIMITS } from "../limits.ts";
import { inlineReferences, type ReferenceScope, type Report } from "./references.ts";
import { unsafeRegex } from "./safe-regex.ts";
import { pointerOf } from "./source.ts";

export interface CompiledSchema {
  /** Without references. */
  schema: unknown;
  validate: Validator;
}

export interface SchemaCompiler {
  /** Reports every mistake by its pointer inside the schema; what has one validates nothing. */
  compile(schema: unknown, scope: ReferenceScope, report: Report): CompiledSchema;
}

const DEEP = [{ pointer: "", keyword: "maxDepth", message: "is nested too deep" }];
/** Ajv compares objects by calling their `valueOf`, even when a payload brought something else by that name. */
const INCOMPARABLE = [{ pointer: "", keyword: "schema", message: "holds objects that cannot be compared" }];
const REFUSE_ALL: Validator = () => [{ pointer: "", keyword: "schema", message: "the schema has mistakes" }];

export function schemaCompiler(): SchemaCompiler {
  const ajv = newAjv();
  return {
    compile(written, scope, report) {
      let sound = true;
      const note: Report = (pointer, message) => {
        sound = false;
        report(pointer, message);
      };
      const schema = inlineReferences(written, scope, note);
      findUnsafe(schema, "", note);
      if (!sound) return { schema, validate: REFUSE_ALL };
      try {
        const validate = ajv.compile(schema as object);
        return {
          schema,
          validate: (value) => {
            if (exceedsDepth(value, LIMITS.depth)) return DEEP;
            try {
              return validate(value) ? undefined : issuesOf(validate);
            } catch {
              return INCOMPARABLE;
            }
          },
        };
      } catch (error) {
        report("", `does not compile: ${(error as Error).message}`);
        return { schema, validate: REFUSE_ALL };
      }
    },
  };
}

function findUnsafe(node: unknown, pointer: string, report: Report): void {
  if (typeof node !== "object" || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    const at = pointer + pointerOf(key);
    if (key === "pattern" && typeof value === "string") {
      const why = unsafeRegex(value);
      if (why !== undefined) report(at, why);
    } else if (key === "patternProperties" && typeof value === "object" && value !== null) {
      for (const pattern of Object.keys(value)) {
        const why = unsafeRegex(pattern);
        if (why !== undefined) report(at + pointerOf(pattern), why);
      }
    }
    if (key !== "enum" && key !== "const" && key !== "examples" && key !== "default") findUnsafe(value, at, report);
  }
}
