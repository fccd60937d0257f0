import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { issuesOf, newAjv } from "../core/ajv.ts";
import { Parts } from "./parts.ts";
import { schemaCompiler } from "./schemas.ts";

const customer = () => ({
  type: "object",
  required: ["id"],
  properties: { id: { type: "string", pattern: "^[0-9]{1,9}$" }, name: { type: "string", maxLength: 99 } },
});
const order = (more: object = {}) => ({ type: "object", properties: { customer: customer(), ...more } });

function given(...schemas: object[]) {
  const parts = new Parts();
  const collected = schemas.map((schema) => parts.collect(schema));
  const told: Record<string, unknown> = {};
  const referring = collected.map((schema) => parts.refer(schema, (id, part) => (told[id] = part)));
  return { collected, referring, told };
}

test("a part that two schemas have is one object, and both refer to it", () => {
  const { collected, referring, told } = given(order(), order({ at: { type: "string" } }));
  const [one, two] = collected as ReturnType<typeof order>[];
  expect(one!.properties.customer).toBe(two!.properties.customer);
  expect(collected).toEqual([order(), order({ at: { type: "string" } })]);
  expect(referring).toEqual([
    { type: "object", properties: { customer: { $ref: "part-0" } } },
    { type: "object", properties: { customer: { $ref: "part-0" }, at: { type: "string" } } },
  ]);
  expect(told).toEqual({ "part-0": customer() });
});

test("what is used once, is small, or stands in an array or a union stays where it is", () => {
  const small = { type: "string" };
  for (const schema of [
    order({ small }),
    { items: order() },
    { anyOf: [order(), { type: "null" }] },
    { type: "object", properties: { list: { type: "array", items: customer() } } },
  ])
    expect(given(schema, { type: "object", properties: { small } }).referring[0]).toBe(schema);
});

test("a part within a part is told first; one that only a part has is not taken apart", () => {
  const { referring, told } = given(
    { properties: { order: order() } },
    { properties: { order: order() } },
    { properties: { customer: customer() } },
  );
  expect(Object.keys(told)).toEqual(["part-0", "part-1"]);
  expect(told["part-1"]).toEqual({ type: "object", properties: { customer: { $ref: "part-0" } } });
  expect(referring.map((schema) => JSON.stringify(schema))).toEqual([
    '{"properties":{"order":{"$ref":"part-1"}}}',
    '{"properties":{"order":{"$ref":"part-1"}}}',
    '{"properties":{"customer":{"$ref":"part-0"}}}',
  ]);
  expect(given({ properties: { order: order() } }, { properties: { order: order() } }).told).toEqual({
    "part-1": order(),
  });
});

describe("verdicts and pointers are those of each schema alone", () => {
  const leaf = fc.constantFrom<object>(
    { type: "integer", minimum: 0 },
    { type: "string", pattern: "^a", maxLength: 3 },
    { anyOf: [{ type: "null" }, { type: "object", required: ["x"], properties: { x: { enum: ["some", "values"] } } }] },
  );
  const name = fc.constantFrom("a", "b", "__proto__", "x/y");
  const { schema } = fc.letrec<{ schema: object }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc
        .dictionary(name, tie("schema"), { maxKeys: 3 })
        .map((properties) => ({ type: "object", properties, required: ["a"], additionalProperties: false })),
      tie("schema").map((items) => ({ type: "array", items })),
    ),
  }));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<unknown>(0, -1, "a", "b", null, { x: "some" }),
      fc.dictionary(name, tie("value"), { maxKeys: 3 }),
      fc.array(tie("value"), { maxLength: 2 }),
    ),
  }));

  test("for schemas that share much", () => {
    fc.assert(
      fc.property(
        fc.array(schema, { minLength: 1, maxLength: 3 }),
        fc.array(value, { maxLength: 8 }),
        (some, values) => {
          const compiler = schemaCompiler();
          const all = [...some, ...some.map((one) => ({ type: "object", properties: { a: one } }))];
          const compiled = all.map(
            (one) => compiler.compile(one, { file: {}, siblings: new Map() }, () => {}).validate,
          );
          for (const [i, validate] of compiled.entries()) {
            const alone = newAjv({ validateSchema: false }).compile(all[i]!);
            for (const each of [...values, ...values.map((a) => ({ a }))]) {
              const issues = validate(each);
              if (issues?.[0]?.keyword === "schema") return;
              expect(issues).toEqual(alone(each) ? undefined : issuesOf(alone));
            }
          }
        },
      ),
      { numRuns: 15, seed: 1 },
    );
  });
});
