/**
 * The shape of a contract file: unknown keys, missing ones, values of the wrong kind. What is sound is built all the
 * same, so that its other mistakes are told at once.
 */

import type { ErrorObject, ValidateFunction } from "ajv";
import type { Mistake } from "../contract.ts";
import { newAjv } from "../core/ajv.ts";
import { pointerOf, pointerParts } from "../pointer.ts";
import { ContractFile } from "./file-schema.ts";
import { nearest } from "./nearest.ts";
import type { Source } from "./source.ts";

let fileCheck: ValidateFunction | undefined;

/** A copy without the parts that have mistakes; undefined when nothing can be told from the rest. */
export function soundPart(source: Source, mistakes: Mistake[]): ContractFile | undefined {
  fileCheck ??= newAjv({ allErrors: true, verbose: true }).compile(ContractFile);
  if (fileCheck(source.value)) return source.value as ContractFile;
  const copy = structuredClone(source.value);
  let isLost = false;
  for (const error of fileCheck.errors ?? []) {
    const extra = error.params.additionalProperty as string | undefined;
    const pointer = error.instancePath + (extra === undefined ? "" : pointerOf(extra));
    mistakes.push(source.mistake(pointer, messageOf(error)));
    // Without an unknown key the rest of a declaration stands; without anything else, the declaration goes.
    const parts = pointerParts(pointer);
    const away = extra === undefined ? parts.slice(0, 2) : parts;
    if (away.length === 0 || away[0] === "namespace") isLost = true;
    else remove(copy, away);
  }
  return isLost ? undefined : (copy as ContractFile);
}

function messageOf(error: ErrorObject): string {
  const { params, parentSchema, message = "is not acceptable" } = error;
  const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
  if (error.instancePath === "/namespace" && error.keyword === "pattern") return "must be / or a name such as /support";
  if (error.instancePath === "" && error.data === null) return "is empty";
  if (error.keyword === "maxProperties") return `takes one of ${known.join(", ")}, not several`;
  if (params.allowedValue !== undefined) return `must be ${JSON.stringify(params.allowedValue)}`;
  if (params.additionalProperty !== undefined) {
    return `is not a known key here: ${nearest(String(params.additionalProperty), known) ?? `known are ${known.join(", ")}`}`;
  }
  if (params.missingProperty !== undefined) return `needs \`${String(params.missingProperty)}\``;
  if (params.allowedValues !== undefined) return `must be one of ${(params.allowedValues as unknown[]).join(", ")}`;
  if (params.type !== undefined) return `must be ${[params.type].flat().join(" or ")}`;
  return message;
}

function remove(value: unknown, path: readonly string[]): void {
  let at = value as Record<string, unknown> | undefined;
  for (const part of path.slice(0, -1)) at = at?.[part] as Record<string, unknown> | undefined;
  if (typeof at === "object" && at !== null) delete at[path.at(-1)!];
}
