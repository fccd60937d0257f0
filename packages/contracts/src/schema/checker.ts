/** Checks values against a schema that is no contract: settings, and files that only operators write. */

import type { ValidateFunction } from "ajv";
import { issuesOf, newAjv } from "../core/ajv.ts";
import type { Issue } from "../errors.ts";
import type { TSchema } from "./type.ts";

/**
 * Gives what is wrong with a value, nothing when it is right; never the value. `annotations` are keywords of the
 * schema that ask nothing of the value. Compiled when first used.
 */
export function checkerOf(schema: TSchema, annotations: readonly string[] = []): (value: unknown) => Issue[] {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= newAjv({ validateSchema: false, allErrors: true })
      .addVocabulary([...annotations])
      .compile(schema);
    return validate(value) ? [] : issuesOf(validate);
  };
}
