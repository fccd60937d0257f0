import { describe, expect, test } from "vitest";
import type { JsonSchema } from "../../catalogue.ts";
import { namesBySchema } from "../naming.ts";
import { declaration, docComment, typeText } from "./schema-type.ts";

const nameless = () => undefined;
/** On one line, to be compared with ease. */
const flat = (schema: JsonSchema, nameOf: Parameters<typeof typeText>[1] = nameless) =>
  typeText(schema, nameOf).replaceAll(/\s+/g, " ").trim();

describe("the type of what a schema accepts", () => {
  test.each<[JsonSchema, string]>([
    [true, "unknown"],
    [{}, "unknown"],
    [false, "never"],
    [{ type: "integer" }, "number"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ type: ["integer", "number"] }, "number"],
    [{ const: "a" }, '"a"'],
    [{ const: { a: [1, null] } }, "{ a: [1, null] }"],
    [{ enum: ["a", 1, null, true] }, '"a" | 1 | null | true'],
    [{ type: "string", enum: ["a", 1] }, '"a"'],
    [{ type: "integer", enum: [1, 1.5] }, "1"],
    [{ type: "string", const: "a\u2028b" }, '"a\\u2028b"'],
    // objects
    [{ type: "object" }, "{ [key: string]: unknown }"],
    [{ type: "object", additionalProperties: false }, "{ [key: string]: never }"],
    [
      { type: "object", required: ["a"], properties: { a: { type: "string" }, b: true } },
      "{ a: string; b?: unknown; }",
    ],
    [{ type: "object", required: ["z"] }, "{ z: unknown; }"],
    [{ type: "object", properties: { "a-b": true, $c: false } }, '{ "a-b"?: unknown; $c?: never; }'],
    [{ type: "object", additionalProperties: { type: "number" } }, "{ [key: string]: number; }"],
    [
      { type: "object", properties: { a: { type: "string" } }, additionalProperties: { type: "number" } },
      "{ a?: string; [key: string]: number | string | undefined; }",
    ],
    [
      { type: "object", required: ["a"], properties: { a: { type: "string" } }, additionalProperties: true },
      "{ a: string; [key: string]: unknown; }",
    ],
    [{ type: "object", patternProperties: { "^x": { type: "boolean" } } }, "{ [key: string]: boolean; }"],
    // arrays
    [{ type: "array" }, "unknown[]"],
    [{ type: "array", items: { type: ["string", "null"] } }, "(string | null)[]"],
    [{ type: "array", items: false }, "never[]"],
    [{ type: "array", prefixItems: [{ type: "string" }, { type: "number" }] }, "[string?, number?, ...unknown[]]"],
    [
      { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], items: false, minItems: 1 },
      "[string, number?]",
    ],
    [
      { type: "array", prefixItems: [{ type: "string" }], items: { enum: [1, 2] }, minItems: 1 },
      "[string, ...(1 | 2)[]]",
    ],
    [{ type: "array", prefixItems: [{ type: "string" }], minItems: 1, maxItems: 1 }, "[string]"],
    // combinations
    [{ anyOf: [{ type: "string" }, { type: "number" }, { type: "string" }] }, "string | number"],
    [{ oneOf: [{ type: "string" }, {}] }, "unknown"],
    [{ anyOf: [{ type: "string" }, false] }, "string"],
    [{ allOf: [{ type: "string" }, {}] }, "string"],
    [{ allOf: [{ type: "string" }, false] }, "never"],
    [
      { type: "object", required: ["b"], properties: { b: true }, allOf: [{ type: "object", required: ["a"] }] },
      "{ a: unknown; } & { b: unknown; }",
    ],
    [{ type: "object", anyOf: [{ required: ["a"] }, { required: ["b"] }] }, "{ a: unknown; } | { b: unknown; }"],
    [
      { type: "object", required: ["c"], anyOf: [{ required: ["a"] }, { required: ["b"] }] },
      "{ c: unknown; } & ({ a: unknown; } | { b: unknown; })",
    ],
    [
      { type: "array", items: { allOf: [{ required: ["a"] }, { required: ["b"] }] } },
      "({ a: unknown; } & { b: unknown; })[]",
    ],
    // without a type: what its keywords are about
    [{ properties: { a: true } }, "{ a?: unknown; }"],
    [{ items: { type: "string" } }, "string[]"],
    [{ maxLength: 3 }, "string"],
    [{ minimum: 3 }, "number"],
    // what no type can say
    [{ type: "string", not: { const: "x" }, if: { minLength: 3 }, else: true }, "string"],
  ])("%j", (schema, expected) => {
    expect(flat(schema)).toBe(expected);
  });
});

test("a long choice has a line for each", () => {
  const values = Array.from({ length: 12 }, (_, i) => `value-${i}`);
  expect(typeText({ enum: values }, nameless)).toBe(values.map((value) => `\n  | "${value}"`).join(""));
});

test("a named schema is its name wherever it stands, but for where it is declared", () => {
  const point: JsonSchema = { type: "object", required: ["x"], properties: { x: { type: "number" } } };
  const nameOf = namesBySchema([{ name: "Point", schema: point }]);
  expect(flat({ type: "array", items: structuredClone(point) }, nameOf)).toBe("Point[]");
  expect(flat({ allOf: [structuredClone(point)], required: ["y"] }, nameOf)).toBe("Point & { y: unknown; }");
  expect(declaration("Point", point, nameOf, [], true)).toBe("export interface Point {\n  x: number;\n}");
  expect(declaration("Place", point, nameOf, [])).toBe("export type Place = Point;");
  expect(declaration("Places", { type: "array", items: true }, nameOf, [])).toBe("export type Places = unknown[];");
});

test("above a member stand its words, its limits and whether it goes", () => {
  const properties = {
    a: { type: "string", description: "Its name.", minLength: 1, maxLength: 9 },
    b: { type: "number", title: "A number", deprecated: true },
    c: { type: "string" },
  };
  expect(typeText({ type: "object", properties }, nameless)).toBe(`{
  /**
   * Its name.
   * 1 to 9 characters.
   */
  a?: string;
  /**
   * A number
   * @deprecated
   */
  b?: number;
  c?: string;
}`);
});

test("no text ends a comment before its time", () => {
  expect(docComment(["a */ b"])).toEqual(["/** a *\\/ b */"]);
  expect(docComment(["a\r\nb\u2028*/"])).toEqual(["/**", " * a", " * b", " * *\\/", " */"]);
  expect(docComment([])).toEqual([]);
});
