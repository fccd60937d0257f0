/**
 * Payloads made to be slow to refuse: each fills its bytes with what a keyword has to work for, and what is wrong with it
 * comes last. Only schemas that the compiler accepts: for the others no payload is ever looked at.
 */

export interface Hostile {
  name: string;
  schema: object;
  /** JSON text of about so many bytes. */
  text(bytes: number): string;
}

/** As many `parts` as fit, then `last`. */
const list =
  (part: (i: number) => string, last = '"!"') =>
  (bytes: number) => {
    const parts: string[] = [];
    for (let size = 2 + last.length, i = 0; ; i++) {
      const next = part(i);
      size += next.length + 1;
      if (size > bytes) break;
      parts.push(next);
    }
    return `[${[...parts, last].join()}]`;
  };
const members =
  (part: (i: number) => string, last = '"!":{}') =>
  (bytes: number) =>
    `{${list(part, last)(bytes).slice(1, -1)}}`;
const text =
  (part: string, last = "!") =>
  (bytes: number) =>
    JSON.stringify(part.repeat(Math.floor((bytes - last.length - 2) / Buffer.byteLength(part))) + last);
const nested = (depth: number, inner: string) => "[".repeat(depth) + inner + "]".repeat(depth);

const key = (i: number) => `"${i.toString(36)}"`;
const array = (more: object) => ({ type: "array", ...more });
const string = (pattern: string) => ({ type: "string", pattern });
const optional = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, { type: "string" }]));
const branches = (count: number) => Array.from({ length: count }, (_, i) => ({ type: "object", required: [`k${i}`] }));

/** Schema around schema, `depth` deep. */
function around(depth: number, wrap: (inner: object) => object, inner: object): object {
  return depth === 0 ? inner : wrap(around(depth - 1, wrap, inner));
}

/** The i-th of the integers that V8, which hashes integers alike in every process, puts into one bucket of a `Set`. */
function bucketMate(i: number): string {
  const inverse = (odd: number) => [1, 2, 3, 4, 5].reduce((found) => Math.imul(found, 2 - Math.imul(odd, found)), odd);
  const unshift = (mixed: number, by: number) => {
    let found = mixed;
    for (let done = by; done < 32; done += by) found = mixed ^ (found >>> by);
    return found;
  };
  // Its steps, the last one first.
  const hash = unshift(i << 14, 16);
  const product = unshift(Math.imul(hash, inverse(2_057)), 4);
  const sum = unshift(Math.imul(product, inverse(5)), 12);
  return String(Math.imul(sum + 1, inverse(32_767)));
}

export const HOSTILE: readonly Hostile[] = [
  // Expressions, those that take a backtracking engine time squared or cubed among them.
  { name: "pattern: nested repetition", schema: string("^(?:[a-z]+-)*[a-z]+$"), text: text("a") },
  { name: "pattern: alternatives alike", schema: string("^(?:a|b|cc)*$"), text: text("a") },
  { name: "pattern: not anchored", schema: string("\\d+$"), text: text("1") },
  { name: "pattern: three repetitions in a row", schema: string("^\\w*\\w*\\w*$"), text: text("a") },
  { name: "pattern: words and spaces", schema: string("^(?:\\w+\\s)*\\w*$"), text: text("a ") },
  { name: "pattern: letters of any script", schema: string("^\\p{L}+$"), text: text("é漢") },
  { name: "pattern: beyond the basic plane", schema: string("^[^b]+b$"), text: text("𝒳") },
  { name: "pattern: of each item", schema: array({ items: string("^a*b$") }), text: list(() => '"b"') },
  {
    name: "allOf: three patterns",
    schema: { type: "string", allOf: ["^a", "a!?$", "^[^b]*$"].map(string) },
    text: text("a", "b"),
  },
  {
    name: "propertyNames",
    schema: { type: "object", propertyNames: { pattern: "^[a-z0-9]+$" } },
    text: members((i) => `${key(i)}:1`),
  },
  {
    name: "patternProperties",
    schema: { type: "object", patternProperties: { "^[a-z]": { type: "integer" } } },
    text: members((i) => `"a${i}":1`, '"az":{}'),
  },
  {
    name: "additionalProperties: of any name",
    schema: { type: "object", additionalProperties: { type: "integer" } },
    text: members((i) => `${key(i)}:1`),
  },
  {
    name: "additionalProperties: two declared",
    schema: { type: "object", properties: { a: {}, b: {} }, additionalProperties: false },
    text: members((i) => `${key(i)}:1`),
  },
  // Formats.
  ...(
    [
      ["email", "a@", "a-"],
      ["email", "", "a."],
      ["uri", "a:", "/%20"],
      ["uri-reference", "/0.", "0.0.0?."],
      ["uri-reference", "", "a:"],
      ["uri-template", "", "{a"],
      ["hostname", "", "a-"],
      ["ipv6", "", "0:"],
      ["date-time", "2020-01-01T00:00:00.", "0"],
      ["time", "00:00:00.", "0"],
      ["duration", "PT", "0"],
      ["json-pointer", "", "/~0"],
      ["uuid", "", "0"],
      ["byte", "", "A="],
    ] as const
  ).map(([format, start, part]) => ({
    name: `format ${format}: ${start}${part}`,
    schema: { type: "string", format },
    text: (bytes: number) => JSON.stringify(start).slice(0, -1) + text(part, ")%~")(bytes - start.length).slice(1),
  })),
  // Comparisons.
  { name: "uniqueItems: numbers", schema: array({ uniqueItems: true }), text: list(String, "0") },
  { name: "uniqueItems: numbers of one bucket", schema: array({ uniqueItems: true }), text: list(bucketMate, "0,0") },
  { name: "uniqueItems: objects", schema: array({ uniqueItems: true }), text: list((i) => `{"a":${i}}`, '{"a":0}') },
  {
    name: "uniqueItems: alike but for the last member",
    schema: array({ uniqueItems: true }),
    text: list((i) => `{"a":{"a":[1,2,3,${i}]}}`, '{"a":{"a":[1,2,3,0]}}'),
  },
  {
    name: "uniqueItems: at each level",
    schema: around(2, (items) => array({ uniqueItems: true, items }), { type: "integer" }),
    text: list((i) => `[${i},${i + 1}]`, "[0,1]"),
  },
  {
    name: "enum: 2,000 numbers",
    schema: array({ items: { enum: Array.from({ length: 2_000 }, (_, i) => 1_999 - i) } }),
    text: list(() => "0"),
  },
  {
    name: "enum: objects, few items",
    schema: array({ maxItems: 100, items: { enum: Array.from({ length: 50 }, (_, i) => ({ a: [i] })) } }),
    text: list(() => '{"a":[49]}'),
  },
  {
    name: "const: an object",
    schema: array({ items: { const: { a: 1, b: [1] } } }),
    text: list(() => '{"b":[1],"a":1}'),
  },
  // Many values.
  { name: "items: integers", schema: array({ items: { type: "integer" } }), text: list(() => "1") },
  {
    name: "items: empty objects, 30 optional properties",
    schema: array({ items: { type: "object", properties: optional(30) } }),
    text: list(() => "{}"),
  },
  {
    name: "items: empty objects, closed",
    schema: array({ items: { type: "object", properties: optional(30), additionalProperties: false } }),
    text: list(() => "{}", '{"q":1}'),
  },
  {
    name: "anyOf: the third of three",
    schema: array({ items: { anyOf: [{ type: "string" }, { type: "object" }, { type: "integer" }] } }),
    text: list(() => "1", "null"),
  },
  {
    name: "oneOf: three",
    schema: array({ items: { oneOf: [{ type: "string" }, { type: "object" }, { type: "integer" }] } }),
    text: list(() => "1", "null"),
  },
  {
    name: "anyOf: 20 branches, few items",
    schema: array({ maxItems: 500, items: { anyOf: [...branches(20), { type: "integer" }] } }),
    text: list(() => "1", "null"),
  },
  {
    name: "contains: nothing",
    schema: array({ contains: { type: "object", required: ["a"] } }),
    text: list(() => "1"),
  },
  {
    name: "contains: twice, with a pattern",
    schema: array({ contains: string("^b"), minContains: 2 }),
    text: list(() => '"a"'),
  },
  {
    name: "not, if",
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    schema: array({ items: { not: { type: "string" }, if: { type: "object" }, then: { required: ["a"] } } }),
    text: list(() => "1"),
  },
  {
    name: "unevaluatedProperties behind anyOf",
    schema: {
      type: "object",
      anyOf: [{ properties: { a: {} } }, { properties: { b: {} } }],
      maxProperties: 5_000,
      unevaluatedProperties: { type: "integer" },
    },
    text: members((i) => `${key(i)}:1`),
  },
  {
    name: "anyOf in anyOf",
    schema: around(2, (inner) => ({ anyOf: [array({ maxItems: 2, items: inner }), inner] }), { type: "string" }),
    text: list(() => nested(2, "1")),
  },
  {
    name: "arrays in arrays",
    schema: around(6, (items) => array({ items }), { type: "integer" }),
    text: list(() => nested(5, "1")),
  },
  { name: "deeper than any payload", schema: {}, text: (bytes) => nested(Math.floor(bytes / 2) - 1, "1") },
  {
    name: "no member's name twice",
    schema: { type: "object", maxProperties: 10 },
    text: members((i) => `${key(i)}:1`),
  },
];

/** The same, and others that fit no schema in particular: for trying each against each. */
export const PAYLOADS: readonly Pick<Hostile, "name" | "text">[] = [
  ...HOSTILE,
  ...[16, 128, 512, 1_000].map((count) => ({
    name: `objects of ${count} members, no name twice`,
    text: list((i) => `{${Array.from({ length: count }, (_, k) => `"${(i * count + k).toString(36)}":1`).join()}}`),
  })),
  {
    name: "objects of 1,000 members, the same names",
    text: list(() => `{${Array.from({ length: 1_000 }, (_, k) => `"${k.toString(36)}":1`).join()}}`),
  },
  { name: "an object of empty objects", text: members((i) => `${key(i)}:{}`) },
  { name: "an object of arrays", text: members((i) => `${key(i)}:[[]]`) },
  { name: "an object of long names", text: members((i) => `"${"n".repeat(40)}${i}":1`) },
  { name: "objects in objects, 30 deep", text: list(() => `${'{"a":'.repeat(29)}{}${"}".repeat(29)}`) },
  { name: "names of numbers", text: members((i) => `"${i * 7}":1`) },
  { name: "names that escape", text: members((i) => `"\\u00e9${i}":1`) },
  { name: "numbers with many digits", text: list((i) => `${i}.${"3".repeat(300)}e-5`) },
  { name: "empty arrays", text: list(() => "[]") },
  { name: "empty texts", text: list(() => '""') },
  { name: "texts that escape", text: list(() => '"\\ud83d\\ude00\\u0000"') },
];
