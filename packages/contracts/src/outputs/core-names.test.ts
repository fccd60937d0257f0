import { expect, test } from "vitest";
import { CORE_SCHEMAS, RELAYED } from "./core-names.ts";

test("names are unique, and so is what they name", () => {
  const texts = CORE_SCHEMAS.map(({ schema }) => JSON.stringify(schema));
  expect(new Set(texts).size).toBe(texts.length);
  expect(new Set(CORE_SCHEMAS.map(({ name }) => name)).size).toBe(texts.length);
});

test("a relay's ack always has an id and a time; a number only where the room has a history", () => {
  expect(RELAYED).toMatchObject({ required: ["id", "ts"], properties: { seq: { type: "integer", minimum: 0 } } });
});
