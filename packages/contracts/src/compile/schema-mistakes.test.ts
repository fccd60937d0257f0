/** Every mistake that a schema, its expressions, references and examples can have; as in `mistakes.test.ts`. */

import { expect, test } from "vitest";
import { mistakes, relay } from "../../test/mistakes.ts";

test.each<[name: string, text: string, ...expected: string[]]>([
  [
    "a value JSON Schema does not allow",
    relay("{ type: nonsense }"),
    "f0.yaml:4:33 /relays/a:b/payload/type is not what JSON Schema allows here: must be one of array, boolean, integer, null, number, object, string",
  ],
  [
    "two of them",
    relay("{ minLength: -1, properties: { a: { required: b } } }"),
    "f0.yaml:4:33 /relays/a:b/payload/minLength is not what JSON Schema allows here: must be >= 0",
    "f0.yaml:4:67 /relays/a:b/payload/properties/a/required is not what JSON Schema allows here: must be array",
  ],
  [
    "unknown keyword",
    relay("{ typ: object }"),
    "f0.yaml:4:33 /relays/a:b/payload/typ is no keyword of JSON Schema 2020-12: did you mean `type`?",
  ],
  [
    "keyword of an older draft",
    relay("{ type: string, nullable: true }"),
    'f0.yaml:4:47 /relays/a:b/payload/nullable is no keyword of JSON Schema 2020-12: use `type: [..., "null"]`',
  ],
  [
    "a format that can be slow",
    relay("{ type: string, format: regex }"),
    "f0.yaml:4:47 /relays/a:b/payload/format is no format that is checked: reading a text as an expression can take seconds; leave it to who uses it",
  ],
  [
    "unknown format",
    relay("{ type: string, format: emial }"),
    "f0.yaml:4:47 /relays/a:b/payload/format is no format that is checked: did you mean `email`?",
  ],
  [
    "keyword without its partner",
    relay("{ if: { type: object } }"),
    "f0.yaml:4:33 /relays/a:b/payload/if means nothing without `then` or `else`",
  ],
  [
    "an open tuple",
    relay("{ type: array, prefixItems: [{ type: string }] }"),
    "f0.yaml:4:46 /relays/a:b/payload/prefixItems says nothing of what follows: add `items: false`, or a schema for the rest",
  ],
  [
    "nothing allowed",
    relay("{ enum: [] }"),
    "f0.yaml:4:33 /relays/a:b/payload/enum allows nothing: name what is allowed",
  ],
  [
    "regex: catastrophic backtracking",
    relay('{ type: string, pattern: "^(a+)+$" }'),
    "f0.yaml:4:47 /relays/a:b/payload/pattern can read one text in exponentially many ways, which stops engines that backtrack: repeat nothing that itself repeats or whose alternatives overlap",
  ],
  [
    "regex: in patternProperties",
    relay('{ patternProperties: { "(x|x)*y": {} } }'),
    "f0.yaml:4:54 /relays/a:b/payload/patternProperties/(x|x)*y can read one text in exponentially many ways, which stops engines that backtrack: repeat nothing that itself repeats or whose alternatives overlap",
  ],
  [
    "regex: back-reference",
    relay('{ type: string, pattern: "(a)\\\\1" }'),
    "f0.yaml:4:47 /relays/a:b/payload/pattern refers back to a group, which cannot be matched in bounded time: write the cases out",
  ],
  [
    "regex: look-ahead",
    relay('{ type: string, pattern: "^(?=.*[A-Z])" }'),
    "f0.yaml:4:47 /relays/a:b/payload/pattern looks ahead or behind, which cannot be matched in bounded time: use `allOf` with several patterns, and `not`",
  ],
  [
    "regex: none",
    relay('{ type: string, pattern: "(" }'),
    "f0.yaml:4:47 /relays/a:b/payload/pattern is no regular expression: Unterminated group",
  ],
  [
    "slow to validate",
    relay("{ type: array, items: { patternProperties: { ^a: {}, ^b: {}, ^c: {} } } }"),
    "f0.yaml:4:22 /relays/a:b/payload may take long to validate: bound its arrays by `maxItems`, open objects by `maxProperties`, or choose less",
  ],
  [
    "reference to the network",
    relay('{ $ref: "https://x/y" }'),
    "f0.yaml:4:33 /relays/a:b/payload/$ref refers to the network: only files beside this one",
  ],
  [
    "reference to nothing",
    relay('{ $ref: "#/shared/No" }'),
    "f0.yaml:4:33 /relays/a:b/payload/$ref nothing is at /shared/No",
  ],
  [
    "reference elsewhere",
    relay('{ $ref: "#/rooms/x" }'),
    "f0.yaml:4:33 /relays/a:b/payload/$ref must end in #/shared/<name> or #/$defs/<name>",
  ],
  [
    "reference to a file that is not there",
    relay('{ $ref: "no.yaml#/shared/A" }'),
    "f0.yaml:4:33 /relays/a:b/payload/$ref no file no.yaml is beside this one",
  ],
  [
    "circular reference",
    'shared:\n  A: { properties: { b: { $ref: "#/shared/B" } } }\n  B: { properties: { a: { $ref: "#/shared/A" } } }',
    "f0.yaml:4:22 /shared/A/properties/b/properties/a/properties/b/$ref is circular: #/shared/B -> #/shared/A -> #/shared/B",
    "f0.yaml:5:22 /shared/B/properties/a/properties/b/properties/a/$ref is circular: #/shared/A -> #/shared/B -> #/shared/A",
  ],
  [
    "file outside the folder",
    'shared:\n  A: { $ref: "../x.yaml#/shared/A" }',
    "f0.yaml:4:8 /shared/A/$ref must name a file in the same folder",
  ],
  [
    "example",
    relay("{ type: object, properties: { n: { type: integer } } }", ", examples: [{ n: 1 }, { n: x }]"),
    "f0.yaml:4:108 /relays/a:b/examples/1 does not validate: /n must be integer",
  ],
  [
    "example of a schema that has mistakes itself",
    relay("{ type: text }", ", examples: [7]"),
    "f0.yaml:4:33 /relays/a:b/payload/type is not what JSON Schema allows here: must be one of array, boolean, integer, null, number, object, string",
  ],
])("%s", (_name, text, ...expected) => expect(mistakes(text)).toEqual(expected));

test("references that multiply end", () => {
  const level = (i: number) =>
    `  L${i}: { allOf: [${Array(8)
      .fill(`{ $ref: "#/shared/L${i + 1}" }`)
      .join(", ")}] }`;
  const text = `shared:\n${Array.from({ length: 5 }, (_, i) => level(i)).join("\n")}\n  L5: {}`;
  expect(mistakes(text)[0]).toMatch(/^f0\.yaml:4:3 \/shared\/L0 is too large once its references are replaced/);
});
