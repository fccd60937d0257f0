/** Each change of a schema, in each of the six places where contract files hold one. */

import { describe, expect, test } from "vitest";
import { diff, everywhere, summary } from "../../test/contract-pairs.ts";
import type { JsonSchema } from "../catalogue.ts";
import { RULE_IDS, RULES, type Rule } from "./rules.ts";

type Roles = [pointer: string, senders: string[], receivers: string[]];
/** Who is broken when less is accepted, and when more may come. */
const EXPECTED: readonly Roles[] = [
  ["/rooms/doc:*/info", ["clients"], ["clients"]],
  ["/rooms/doc:*/state/keys/title/value", ["clients", "publishers"], ["clients"]],
  ["/relays/chat:said/payload", ["clients"], ["clients"]],
  ["/commands/ticket:reply/payload", ["clients"], []],
  ["/commands/ticket:reply/reply", ["publishers"], ["clients"]],
  ["/events/order:shipped/payload", ["publishers"], ["clients"]],
];

const text: JsonSchema = { type: "string" };
const object = (properties: object, ...required: string[]): JsonSchema => ({ type: "object", properties, required });
const closed = (properties: object): JsonSchema => ({ type: "object", properties, additionalProperties: false });
const kind = (value: string) => object({ kind: { const: value } }, "kind");

/** `rule` or `rule#/field`. */
interface Case {
  old: JsonSchema;
  next: JsonSchema;
  /** Rules by which senders are refused. */
  narrows?: string[];
  /** Rules by which receivers get what they do not know. */
  widens?: string[];
  harmless?: string[];
}

const CASES: Readonly<Record<string, Case>> = {
  "a new required field": {
    old: object({ a: text }),
    next: object({ a: text, b: text }, "b"),
    narrows: ["field-required#/b"],
  },
  "a new optional field": {
    old: object({ a: text }),
    next: object({ a: text, b: text }),
    harmless: ["field-declared#/b"],
  },
  "a new optional field of a closed object": {
    old: closed({ a: text }),
    next: closed({ a: text, b: text }),
    harmless: ["field-declared#/b"],
  },
  "a new optional object, with its fields": {
    old: object({}),
    next: object({ a: object({ b: text }) }),
    harmless: ["field-declared#/a"],
  },
  "a new optional field of items": {
    old: { type: "array", items: object({ a: text }) },
    next: { type: "array", items: object({ a: text, b: text }) },
    harmless: ["field-declared#/*/b"],
  },
  "a field that becomes required": {
    old: object({ a: text }),
    next: object({ a: text }, "a"),
    narrows: ["field-required#/a"],
  },
  "a field that becomes optional": {
    old: object({ a: text }, "a"),
    next: object({ a: text }),
    widens: ["field-optional#/a"],
  },
  "an optional field that a closed object loses": {
    old: closed({ a: text, b: text }),
    next: closed({ a: text }),
    narrows: ["field-removed#/b"],
  },
  "an optional field that an open object loses": {
    old: object({ a: text, b: text }),
    next: object({ a: text }),
    harmless: ["field-undeclared#/b"],
  },
  "a required field that an open object loses": {
    old: object({ a: text, b: text }, "b"),
    next: object({ a: text }),
    widens: ["field-optional#/b"],
  },
  "a field that is forbidden by name": {
    old: object({ a: text }),
    next: object({ a: false }),
    narrows: ["field-removed#/a"],
  },
  "a field that is no longer forbidden by name": {
    old: object({ a: false }),
    next: object({ a: text }),
    widens: ["field-allowed#/a"],
  },
  "an object that is closed": { old: object({ a: text }), next: closed({ a: text }), narrows: ["fields-closed"] },
  "an object that is opened: receivers ignore what they do not know": {
    old: closed({ a: text }),
    next: { type: "object", properties: { a: text } },
    harmless: ["fields-opened"],
  },
  "a map that is opened to anything": {
    old: { type: "object", additionalProperties: text },
    next: { type: "object" },
    widens: ["fields-widened"],
  },
  "members of a map that are restricted": {
    old: { type: "object" },
    next: { type: "object", additionalProperties: text },
    narrows: ["fields-narrowed"],
  },
  "an enum value more": {
    old: object({ a: { enum: ["x"] } }),
    next: object({ a: { enum: ["x", "y"] } }),
    widens: ["value-added#/a"],
  },
  "an enum value less": {
    old: object({ a: { enum: ["x", "y"] } }),
    next: object({ a: { enum: ["x"] } }),
    narrows: ["value-removed#/a"],
  },
  "an enum value for another": {
    old: { enum: ["x"] },
    next: { enum: ["y"] },
    narrows: ["value-removed"],
    widens: ["value-added"],
  },
  "text that is limited to values": { old: text, next: { enum: ["x"] }, narrows: ["values-limited"] },
  "values that become any text": { old: { enum: ["x"] }, next: text, widens: ["values-unlimited"] },
  "another type": {
    old: object({ a: text }),
    next: object({ a: { type: "integer" } }),
    narrows: ["type-narrowed#/a"],
    widens: ["type-widened#/a"],
  },
  "null besides": {
    old: object({ a: text }),
    next: object({ a: { type: ["string", "null"] } }),
    widens: ["type-widened#/a"],
  },
  "an integer that becomes a number": { old: { type: "integer" }, next: { type: "number" }, widens: ["type-widened"] },
  "a number that becomes an integer": {
    old: { type: "number" },
    next: { type: "integer" },
    narrows: ["type-narrowed"],
  },
  "a lower maximum": {
    old: { type: "string", maxLength: 9 },
    next: { type: "string", maxLength: 8 },
    narrows: ["limit-tightened"],
  },
  "a higher maximum": {
    old: { type: "string", maxLength: 8 },
    next: { type: "string", maxLength: 9 },
    widens: ["limit-loosened"],
  },
  "a first minimum": { old: { type: "number" }, next: { type: "number", minimum: 0 }, narrows: ["limit-tightened"] },
  "a minimum that goes": { old: { type: "number", minimum: 0 }, next: { type: "number" }, widens: ["limit-loosened"] },
  "more items": {
    old: { type: "array", items: text, maxItems: 3 },
    next: { type: "array", items: text, maxItems: 5 },
    widens: ["limit-loosened"],
  },
  "items that must differ": {
    old: { type: "array", items: text },
    next: { type: "array", items: text, uniqueItems: true },
    narrows: ["limit-tightened"],
  },
  "bytes of JSON": { old: {}, next: { maxJsonBytes: 100 }, narrows: ["limit-tightened"] },
  "a first pattern": { old: text, next: { type: "string", pattern: "^a" }, narrows: ["pattern-narrowed"] },
  "a pattern that goes": { old: { type: "string", pattern: "^a" }, next: text, widens: ["pattern-widened"] },
  "another pattern": {
    old: { type: "string", pattern: "^a" },
    next: { type: "string", pattern: "^b" },
    narrows: ["pattern-narrowed"],
    widens: ["pattern-widened"],
  },
  "a first format": { old: text, next: { type: "string", format: "date" }, narrows: ["format-narrowed"] },
  "a format that goes": { old: { type: "string", format: "date" }, next: text, widens: ["format-widened"] },
  "an alternative more": {
    old: { anyOf: [kind("a"), kind("b")] },
    next: { anyOf: [kind("a"), kind("b"), kind("c")] },
    widens: ["alternative-added"],
  },
  "an alternative less": {
    old: { anyOf: [kind("a"), kind("b"), kind("c")] },
    next: { anyOf: [kind("a"), kind("b")] },
    narrows: ["alternative-removed"],
  },
  "a negation: nothing can be told": {
    old: { type: "string", not: { const: "a" } },
    next: { type: "string", not: { const: "b" } },
    narrows: ["cannot-compare"],
    widens: ["cannot-compare"],
  },
  "the same, written otherwise": {
    old: { type: ["string", "null"] },
    next: { anyOf: [{ type: "null" }, text] },
    harmless: ["schema-rewritten"],
  },
  "an alternative of a field's": {
    old: object({ a: { anyOf: [text, { type: "null" }] } }),
    next: object({ a: text }),
    narrows: ["type-narrowed#/a"],
  },
  "another description": {
    old: { type: "string", description: "x" },
    next: { type: "string", description: "y" },
    harmless: ["docs-changed"],
  },
  "another description of a field, which becomes required": {
    old: object({ a: { type: "string", description: "x" } }),
    next: object({ a: { type: "string", description: "y" } }, "a"),
    narrows: ["field-required#/a"],
    harmless: ["docs-changed"],
  },
  "a field that is called description": {
    old: object({ description: text }),
    next: object({ description: { type: "null" } }),
    narrows: ["type-narrowed#/description"],
    widens: ["type-widened#/description"],
  },
  "another order: no change": { old: { enum: ["x", "y"] }, next: { enum: ["y", "x"] } },
};

describe.each(Object.entries(CASES))("%s", (_title, { old, next, narrows = [], widens = [], harmless = [] }) => {
  const found = diff(everywhere(old), everywhere(next)).map(summary);

  test.each(EXPECTED)("%s", (pointer, senders, receivers) => {
    const at = (rule: string) => (rule.includes("#") ? rule.replace("#", ` ${pointer}#`) : `${rule} ${pointer}`);
    const more = receivers.length === 0 ? widens.map((rule) => `command-widened${rule.replace(/^[^#]*/, "")}`) : widens;
    const expected = [
      ...narrows.flatMap((rule) => senders.map((party) => `${party} ${at(rule)}`)),
      ...more.flatMap((rule) =>
        (receivers.length === 0 ? ["compatible"] : receivers).map((each) => `${each} ${at(rule)}`),
      ),
      ...harmless.map((rule) => `compatible ${at(rule)}`),
    ];
    expect(found.filter((line) => line.split(" ")[2]!.split("#")[0] === pointer).toSorted()).toEqual(
      expected.toSorted(),
    );
  });
});

test("every rule about schemas is shown", () => {
  const shown = new Set(
    Object.values(CASES).flatMap(({ narrows = [], widens = [] }) =>
      [...narrows, ...widens].map((rule) => rule.split("#")[0]),
    ),
  );
  const aboutSchemas = RULE_IDS.filter((id) => {
    const { breaks }: Rule = RULES[id];
    return breaks.some((each) => each === "senders" || each === "receivers") && !id.startsWith("enforcement");
  });
  expect([...shown].toSorted()).toEqual(aboutSchemas.toSorted());
});
