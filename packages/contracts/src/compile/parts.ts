/**
 * Parts that payload schemas have in common, by `$ref` or because they say the same: a customer, the lines of an order. Each
 * is kept once and compiled once, since the code of a schema takes ten times the memory of its text. What stands inside an
 * array or a union stays where it is: there a call would be paid for each value, and branches that do not hold must not
 * make errors.
 */

import { hashOf, isSame } from "../core/same.ts";

type Schema = Record<string, unknown>;

interface Part {
  id: string;
  schema: Schema;
  uses: number;
  isGiven: boolean;
}

/** What has none of these takes less code than a call of it. */
const LARGE = ["properties", "items", "anyOf", "oneOf", "allOf"];

export class Parts {
  readonly #byHash = new Map<number, Part[]>();
  readonly #bySchema = new Map<unknown, Part>();

  /** The schema, made of the objects that equal parts of earlier schemas are. */
  collect(schema: unknown): unknown {
    return eachProperty(schema, (property) => {
      if (!isPart(property)) return property;
      const hash = hashOf(property);
      const alike = this.#byHash.get(hash) ?? [];
      const known = alike.find((part) => isSame(part.schema, property));
      if (known !== undefined) {
        known.uses++;
        return known.schema;
      }
      const inner = this.collect(property) as Schema;
      const part: Part = { id: `part-${this.#bySchema.size}`, schema: inner, uses: 1, isGiven: false };
      this.#byHash.set(hash, [...alike, part]);
      this.#bySchema.set(part.schema, part);
      return part.schema;
    });
  }

  /** The schema with a reference for each part that has several uses; `give` is told once of each, before. */
  refer(schema: unknown, give: (id: string, part: unknown) => void): unknown {
    return eachProperty(schema, (property) => {
      const part = this.#bySchema.get(property);
      if (part === undefined || part.uses < 2) return this.refer(property, give);
      if (!part.isGiven) give(part.id, this.refer(part.schema, give));
      part.isGiven = true;
      return { $ref: part.id };
    });
  }
}

/** A copy in which `replace` has been asked for each property; the schema itself if nothing was. */
function eachProperty(schema: unknown, replace: (property: unknown) => unknown): unknown {
  if (!isSchema(schema) || !isSchema(schema.properties)) return schema;
  const before = Object.entries(schema.properties);
  const after = before.map(([name, property]) => [name, replace(property)] as const);
  if (after.every(([, property], i) => property === before[i]![1])) return schema;
  return { ...schema, properties: Object.fromEntries(after) };
}

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null;

const isPart = (schema: unknown): schema is Schema =>
  isSchema(schema) && LARGE.some((keyword) => isSchema(schema[keyword]));
