import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { worstNs } from "./cost.ts";
import { schemaCompiler } from "./schemas.ts";

const compiler = schemaCompiler();

function compile(schema: unknown) {
  const mistakes: string[] = [];
  const scope = { file: { shared: { A: { type: "string" } } }, siblings: new Map() };
  const { validate } = compiler.compile(schema, scope, (pointer, message) => mistakes.push(`${pointer} ${message}`));
  return { mistakes, validate };
}

describe("what is accepted compiles, later", () => {
  const number = fc.constantFrom<unknown>(0, 1, 2, 3, -1, 1.5, "1");
  const name = fc.constantFrom("a", "b", "^a", "ab");
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => {
    const inner = tie("schema");
    const list = fc.array(inner, { maxLength: 3 });
    const map = fc.dictionary(name, inner, { maxKeys: 3 });
    const each = <T>(keywords: string, value: fc.Arbitrary<T>) =>
      Object.fromEntries(keywords.split(" ").map((keyword) => [keyword, value]));
    const members: Record<string, fc.Arbitrary<unknown>> = {
      type: fc.constantFrom<unknown>("object", "array", "string", ["integer", "null"], "nonsense", []),
      ...each("allOf anyOf oneOf prefixItems", list),
      ...each("properties patternProperties dependentSchemas $defs", map),
      ...each(
        "not if then else items contains additionalProperties propertyNames unevaluatedProperties unevaluatedItems",
        inner,
      ),
      ...each(
        "minContains maxContains minItems maxItems minLength maxLength minProperties maxProperties minimum multipleOf",
        number,
      ),
      ...each("maxJsonBytes maxUtf8Bytes exclusiveMaximum", number),
      ...each("required enum examples", fc.array(name, { maxLength: 2 })),
      dependentRequired: fc.dictionary(name, fc.array(name, { maxLength: 2 }), { maxKeys: 2 }),
      const: fc.constantFrom<unknown>(1, { a: 1 }, null),
      uniqueItems: fc.constantFrom<unknown>(true, false, 1),
      format: fc.constantFrom("email", "uri-reference", "url", "none", "int32"),
      pattern: fc.constantFrom("^a", "(", "(a+)+", "\\bx"),
      ...each("default deprecated title contentEncoding contentSchema", fc.constantFrom<unknown>("x", true)),
      ...each(
        "nullable $anchor $id $dynamicRef dependencies discriminator additionalItems typ $comment",
        fc.constant("x"),
      ),
      $schema: fc.constantFrom(
        "https://json-schema.org/draft/2020-12/schema",
        "http://json-schema.org/draft-07/schema#",
      ),
    };
    // One to four keywords: with all of them together nothing would ever be accepted.
    const object = fc
      .uniqueArray(fc.constantFrom(...Object.keys(members)), { minLength: 0, maxLength: 4 })
      .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, members[key]!]))));
    return { schema: fc.oneof({ maxDepth: 3 }, fc.boolean(), object) };
  });

  test("no mistake told: Ajv compiles it, and it takes any value", () => {
    let accepted = 0;
    fc.assert(
      fc.property(schema, fc.jsonValue({ maxDepth: 3 }), (written, value) => {
        const { mistakes, validate } = compile(written);
        if (mistakes.length > 0) return;
        accepted++;
        validate(value);
      }),
      { numRuns: 600 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

test.each(["constructor", "hasOwnProperty", "toString", "valueOf"])(
  "%s is a member only where the payload has it",
  (name) => {
    const properties = JSON.parse(`{ "${name}": { "type": "string" } }`) as object;
    const { validate } = compile({ type: "object", required: [name], properties, additionalProperties: false });
    const optional = compile({ type: "object", properties, additionalProperties: false }).validate;
    expect(validate({})).toMatchObject([{ keyword: "required" }]);
    expect(validate(JSON.parse(`{ "${name}": "x" }`))).toBeUndefined();
    expect(optional({})).toBeUndefined();
    expect(optional(JSON.parse(`{ "${name}": 1 }`))).toMatchObject([{ keyword: "type" }]);
  },
);

test("nothing that a payload calls a member is taken for one that the schema names", () => {
  const { validate } = compile({ type: "object", required: ["a"], properties: { a: {} }, additionalProperties: false });
  for (const payload of ['{ "__proto__": { "a": 1 } }', '{ "constructor": { "a": 1 } }']) {
    expect(validate(JSON.parse(payload))).toMatchObject([{ keyword: "required" }]);
    expect(validate({ a: 1, ...JSON.parse(payload.replace("__proto__", "proto")) })).toMatchObject([
      { keyword: "additionalProperties" },
    ]);
  }
  expect(validate(JSON.parse('{ "a": 1, "__proto__": 1 }'))).toMatchObject([{ keyword: "additionalProperties" }]);
});

describe("a schema that can be slow is refused, and accepted once it is bounded", () => {
  const SLOW = /^ may take long to validate.*maxItems.*maxProperties/;
  const patterns = { patternProperties: { "^a": {}, "^b": {}, "^c": {}, "^d": {} } };
  const branches = (count: number) => ({ anyOf: Array.from({ length: count }, (_, i) => ({ required: [`k${i}`] })) });
  test.each<[string, object, object]>([
    ["many patterns for every key", patterns, { ...patterns, maxProperties: 100 }],
    ["patterns of keys in rows", { items: patterns }, { items: { ...patterns, maxProperties: 50 }, maxItems: 50 }],
    ["many branches for every item", { items: branches(20) }, { items: branches(20), maxItems: 500 }],
    ["branches in branches", { items: { anyOf: [branches(9), branches(9)] } }, { items: branches(9), maxItems: 100 }],
    [
      "many patterns for one text",
      { allOf: Array(9).fill({ pattern: "^a" }) },
      { allOf: Array(3).fill({ pattern: "^a" }) },
    ],
    [
      "many properties of small objects",
      { items: { properties: props(120) } },
      { items: { properties: props(120) }, maxItems: 2_000 },
    ],
    ["compared with many objects", { items: { enum: objects(40) } }, { items: { enum: objects(40) }, maxItems: 500 }],
    ["compared at each level", unique(4), { ...unique(2) }],
    [
      "asked what was looked at",
      { unevaluatedProperties: false, ...branches(3) },
      { unevaluatedProperties: false, maxProperties: 500, ...branches(3) },
    ],
  ])("%s", (_name, slow, bounded) => {
    expect(compile(slow).mistakes).toEqual([expect.stringMatching(SLOW)]);
    expect(compile(bounded).mistakes).toEqual([]);
    expect(worstNs(bounded)).toBeLessThan(worstNs(slow));
  });

  function props(count: number) {
    return Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, {}]));
  }
  function objects(count: number) {
    return Array.from({ length: count }, (_, i) => ({ i }));
  }
  function unique(depth: number): object {
    return { type: "array", uniqueItems: true, ...(depth === 1 ? {} : { items: unique(depth - 1) }) };
  }
});
