import { expect, test } from "vitest";
import type { JsonSchema } from "../../catalogue.ts";
import { newAjv } from "../../core/ajv.ts";
import { CLIENT_EVENTS } from "../../core/client-events.ts";
import { plain } from "../core-names.ts";
import { sampleOf } from "./sample.ts";

test.each<[JsonSchema, unknown]>([
  [{ const: 3 }, 3],
  [{ enum: ["b", "a"] }, "b"],
  [{ type: "string", examples: ["mine"] }, "mine"],
  [{ type: "string", minLength: 6 }, "textxx"],
  [{ type: "string", maxLength: 2 }, "te"],
  [{ type: "string", pattern: "^[0-9]+$" }, "1"],
  [{ type: "string", format: "date" }, "2026-01-31"],
  [{ type: "integer" }, 1],
  [{ type: "integer", maximum: -2 }, -2],
  [{ type: "number", exclusiveMinimum: 4 }, 5],
  [{ type: "integer", minimum: 3, maximum: 9 }, 3],
  [{ type: "boolean" }, true],
  [{ type: ["null", "string"] }, null],
  [{ type: "array", items: { type: "string" } }, ["text"]],
  [{ type: "array", minItems: 2, items: { type: "null" } }, [null, null]],
  [{ type: "array", prefixItems: [{ type: "string" }, { const: 1 }], items: false }, ["text", 1]],
  [{ type: "object", required: ["a"], properties: { a: { type: "string" }, b: true } }, { a: "text" }],
  [{ type: "object", properties: { a: { type: "string" }, b: true } }, { a: "text" }],
  [
    { required: ["b"], properties: { b: true }, allOf: [{ type: "object", required: ["a"] }] },
    { a: {}, b: {} },
  ],
  [{ oneOf: [{ type: "object", required: ["a"] }, { type: "string" }] }, { a: {} }],
  [{ anyOf: [{ type: "string" }] }, "text"],
  // none is better than a wrong one
  [{ type: "string", pattern: "^zebra$" }, undefined],
  [{ type: "object", required: ["a"], not: { required: ["a"] } }, undefined],
  [false, undefined],
])("%j", (schema, expected) => {
  expect(sampleOf(schema)).toEqual(expected);
});

test.each(Object.entries(CLIENT_EVENTS))("%s has one, and it is right", (_name, { payload }) => {
  const sample = sampleOf(plain(payload));
  expect(newAjv().compile(payload)(sample)).toBe(true);
});
