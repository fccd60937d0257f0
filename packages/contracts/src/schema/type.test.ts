import TypeBox from "typebox";
import { describe, expect, test } from "vitest";
import { Type } from "./type.ts";

type Builders = typeof Type;

/** Keys in their order, as generated files have them. */
const asText = (schema: object) => JSON.stringify(schema);

describe("a schema is what TypeBox makes of it", () => {
  test.each<[keyof Builders, (type: Builders) => object]>([
    ["Array", (type) => type.Array(type.String(), { minItems: 1, maxItems: 2 })],
    ["Boolean", (type) => type.Boolean({ default: true })],
    ["Integer", (type) => type.Integer({ minimum: 1 })],
    ["Literal", (type) => type.Array(type.Union([type.Literal("a"), type.Literal(1), type.Literal(true)]))],
    ["Number", (type) => type.Number({ maximum: 1.5 })],
    ["Object", (type) => type.Object({ a: type.String(), b: type.Number() }, { additionalProperties: false })],
    ["Optional", (type) => type.Object({ a: type.Optional(type.Object({ b: type.Optional(type.Boolean()) })) })],
    ["Record", (type) => type.Record(type.String(), type.Integer(), { maxProperties: 3 })],
    ["String", (type) => type.String({ pattern: "^a$", description: "An a." })],
    ["Union", (type) => type.Union([type.String(), type.Boolean()], { description: "Either." })],
    ["Unknown", (type) => type.Object({ a: type.Unknown(), b: type.Optional(type.Unknown({ description: "Any." })) })],
    ["Unsafe", (type) => type.Object({ a: type.Unsafe({ enum: ["x"] }), b: type.Optional(type.Unsafe({ const: 1 })) })],
  ])("%s", (_builder, schemaBy) => {
    expect(asText(schemaBy(Type))).toBe(asText(schemaBy(TypeBox)));
  });

  test("every builder is compared", () => {
    expect(Object.keys(Type)).toHaveLength(12);
  });

  test("what is made optional is a copy", () => {
    const name = Type.String();
    Type.Optional(name);
    expect(Type.Object({ name })).toMatchObject({ required: ["name"] });
  });
});
