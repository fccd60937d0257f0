import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newAjv } from "../core/ajv.ts";
import { integersOf, NO_INTEGERS } from "./integers.ts";

const ALL = { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER };

describe("the integers of a schema", () => {
  it.each<[schema: unknown, range: unknown]>([
    [true, ALL],
    [{}, ALL],
    [{ type: "integer" }, ALL],
    [{ type: "number", description: "x" }, ALL],
    [
      { type: ["integer", "null"], minimum: 0 },
      { ...ALL, least: 0 },
    ],
    [
      { type: "number", minimum: 0.5, maximum: 9.5 },
      { least: 1, most: 9 },
    ],
    [
      { exclusiveMinimum: 0, exclusiveMaximum: 10 },
      { least: 1, most: 9 },
    ],
    [
      { exclusiveMinimum: 0.5, exclusiveMaximum: 9.5 },
      { least: 1, most: 9 },
    ],
    [
      { minimum: 5, exclusiveMinimum: 2, maximum: 5 },
      { least: 5, most: 5 },
    ],
  ])("%j: a range", (schema, range) => {
    expect(integersOf(schema)).toEqual(range);
  });

  it.each<unknown>([
    false,
    { type: "object" },
    { type: "string" },
    { type: ["string", "null"] },
    { type: "integer", minimum: 2, maximum: 1 },
    { minimum: 0.2, maximum: 0.8 },
    ...["enum", "const", "multipleOf", "allOf", "anyOf", "oneOf", "not", "if", "$ref", "$dynamicRef"].map(
      (keyword) => ({
        type: "integer",
        [keyword]: [],
      }),
    ),
  ])("%j: none, or no range", (schema) => {
    expect(integersOf(schema)).toEqual(NO_INTEGERS);
  });

  it("are those that the schema accepts", () => {
    const ajv = newAjv();
    const bound = fc.option(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: -5, max: 5, noNaN: true })), {
      nil: undefined,
    });
    const schemas = fc.record(
      {
        type: fc.constantFrom<unknown>("integer", "number", ["integer", "string"]),
        minimum: bound,
        maximum: bound,
        exclusiveMinimum: bound,
        exclusiveMaximum: bound,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(schemas, (drawn) => {
        const schema = JSON.parse(JSON.stringify(drawn)) as object;
        const accepts = ajv.compile(schema);
        const range = integersOf(schema);
        for (let n = -8; n <= 8; n++) {
          expect(accepts(n), `${JSON.stringify(schema)} ${n}`).toBe(n >= range.least && n <= range.most);
        }
      }),
    );
  });
});
