/** Two parsers read contract files: whatever the quick one accepts, it reads as the exact one does. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { readDocument } from "./document.ts";
import { readYaml } from "./yaml.ts";

/** Scalars on which readers of YAML differ: versions, signs, bases, quotes, marks of time, keys that are no text. */
const SCALARS = [
  "yes", "no", "on", "off", "y", "n", "true", "True", "TRUE", "tRue", "null", "Null", "~", "", "NULL", "nUll",
  "0", "-0", "+1", "012", "0o17", "0x1F", "0X1f", "0b11", "1_000", "1e3", "1.", ".5", "-.5", "1.e3", "1e", ".", "-", "+", "0x", "0o8",
  ".inf", "-.INF", "+.Inf", ".nan", ".NaN", "1:30", "190:20:30", "2001-12-14", "2001-12-14t21:59:43.10-05:00",
  "9007199254740993", "123456789012345678901234567890", "<<", "=", "!!str 12", "!!int '3'", "!tag x", "*a", "'it''s'", "'a\n  b'",
  '"\\u263A\\x41\\n\\/"', '"a\\\n   b"', '"a\n\n  b"', "'#'", "a # b", "a#b", "a: b", "a:b", "- a", "? a", "|\n  one\n   two\n", ">-\n  one\n  two\n",
  "{a: 1, a: 2}", "{1: a, '1': b}", "{__proto__: 1}", "[a, [b, ], ]", "{a, b: , c}", "[]", "{}", "%a", "@a", "`a", "é漢𝒳", "\\u263A", "&a b", "\t", "a\tb",
  "{ ? a : b }", "{[a]: b}", "[a: b]", "a\n  b", "'", "[", "}", "---", "...", "--- a", "\u0085", "\u2028", "\ufeff", "\u0000",
]; // biome-ignore format: a list

const scalar = fc.constantFrom(...SCALARS);
const text = fc.oneof(
  scalar,
  fc.array(fc.tuple(scalar, scalar), { maxLength: 4 }).map((pairs) => pairs.map(([k, v]) => `${k}: ${v}\n`).join("")),
  fc.array(scalar, { maxLength: 4 }).map((items) => items.map((item) => `- ${item}\n`).join("")),
  fc.array(scalar, { maxLength: 4 }).map((items) => `[${items.join(", ")}]`),
  fc.array(fc.tuple(scalar, scalar), { maxLength: 4 }).map((pairs) => `{${pairs.map(([k, v]) => `${k}: ${v}`).join(", ")}}`),
  fc.tuple(scalar, scalar, scalar).map(([a, b, c]) => `${a}:\n  ${b}: ${c}\n  - ${c}\n`),
  fc.tuple(scalar, scalar).map(([a, b]) => `a:\n  b: |2-\n    ${a}\n  c:\n  - ${b}\n`),
  fc.array(fc.constantFrom(...SCALARS, "\n", "\n  ", ": ", "- ", " ", "#"), { maxLength: 12, size: "max" }).map((parts) => parts.join("")),
); // biome-ignore format: one each line

function expectAlike(written: string): void {
  const quick = readYaml(written);
  if (quick === undefined) return;
  const exact = readDocument(written);
  expect({ mistakes: exact.mistakes, value: exact.value }).toStrictEqual({ mistakes: [], value: quick.value });
}

test("contract files are read by the quick one", () => {
  const file = `rollcall: 1\nnamespace: /\nevents:\n  a:b: { payload: { enum: [1, "x", true, null, 0.5] } } # one\n`;
  expect(readYaml(file)?.value).toEqual({
    rollcall: 1,
    namespace: "/",
    events: { "a:b": { payload: { enum: [1, "x", true, null, 0.5] } } },
  });
  expect(readYaml(JSON.stringify({ a: ["é\n", {}] }, null, 2))?.value).toEqual({ a: ["é\n", {}] });
});

test.each(["a: &x 1", "a: 1\na: 2", "%YAML 1.1\n---\na: yes", "1: a", "a:\t1", "a: [", "--- 1\n--- 2"])(
  "%j is left to the exact one",
  (unusual) => {
    expect(readYaml(unusual)).toBeUndefined();
  },
);

test("made texts are read alike by both parsers", () => {
  fc.assert(fc.property(text, expectAlike), { numRuns: 2_000, seed: 1 });
});
