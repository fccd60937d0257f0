/**
 * The builders of TypeBox that our schemas use, typed by TypeBox itself. A schema is plain JSON, so these few are short,
 * while TypeBox loads 300 modules to offer all of its own: 0.2 s of each process's start. A test compares the two.
 */

import type TypeBox from "typebox";
import type { TSchema } from "typebox";

export type { Static, TObject, TProperties, TSchema, TUnsafe } from "typebox";

type Builders = Pick<
  typeof TypeBox,
  | "Array"
  | "Boolean"
  | "Integer"
  | "Literal"
  | "Number"
  | "Object"
  | "Optional"
  | "Record"
  | "String"
  | "Union"
  | "Unknown"
  | "Unsafe"
>;
type Json = Record<string, unknown>;

const OPTIONAL = Symbol("optional");
const isRequired = (schema: object) => !(OPTIONAL in schema);

const object = (properties: Record<string, object>, options?: Json) => {
  const required = Object.keys(properties).filter((name) => isRequired(properties[name]!));
  return { type: "object", ...(required.length > 0 ? { required } : {}), properties, ...options };
};

/** A copy that an object need not have; what is marked stays out of the JSON. */
const optional = (schema: TSchema) => Object.defineProperty({ ...schema }, OPTIONAL, { value: true });

const builders = {
  Array: (items: object, options?: Json) => ({ type: "array", items, ...options }),
  Boolean: (options?: Json) => ({ type: "boolean", ...options }),
  Integer: (options?: Json) => ({ type: "integer", ...options }),
  Literal: (value: string | number | boolean, options?: Json) => ({ type: typeof value, const: value, ...options }),
  Number: (options?: Json) => ({ type: "number", ...options }),
  Object: object,
  Optional: optional,
  Record: (_anyText: object, value: object, options?: Json) => ({
    type: "object",
    patternProperties: { "^.*$": value },
    ...options,
  }),
  String: (options?: Json) => ({ type: "string", ...options }),
  Union: (anyOf: readonly object[], options?: Json) => ({ anyOf, ...options }),
  Unknown: (options?: Json) => ({ ...options }),
  Unsafe: (schema: object) => ({ ...schema }),
};

export const Type = builders as unknown as Builders;
