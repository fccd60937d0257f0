import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeSubjectToken, encodeSubjectToken, encodeTemplateValue } from "./encoding.ts";
import { isName, type NameKind } from "./names.ts";
import { matches } from "./pattern.ts";

const vectors = <T>(name: string): T[] =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../vectors", `${name}.json`), "utf8")) as T[];

describe("vectors", () => {
  test.each(vectors<{ value: string; encoded: string }>("subject-token"))("subject token of $value", (vector) => {
    expect(encodeSubjectToken(vector.value)).toBe(vector.encoded);
    expect(decodeSubjectToken(vector.encoded)).toBe(vector.value);
  });
  test.each(vectors<{ value: string; encoded: string }>("template-value"))("template value of $value", (vector) => {
    expect(encodeTemplateValue(vector.value)).toBe(vector.encoded);
  });
  test.each(vectors<{ kind: NameKind; value: string; valid: boolean }>("names"))("$kind $value: $valid", (vector) => {
    expect(isName(vector.kind, vector.value)).toBe(vector.valid);
  });
  test.each(vectors<{ pattern: string; value: string; matches: boolean }>("patterns"))(
    "$pattern on $value: $matches",
    (vector) => {
      expect(matches(vector.pattern, vector.value)).toBe(vector.matches);
    },
  );
});

test("a subject token is one NATS token and comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (value) => {
      const token = encodeSubjectToken(value);
      expect(token).toMatch(/^[A-Za-z0-9_%-]*$/);
      expect(decodeSubjectToken(token)).toBe(value.toWellFormed());
    }),
  );
});

test("template values stay apart: different values, different texts", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      if (a.toWellFormed() === b.toWellFormed()) return;
      expect(encodeTemplateValue(a)).not.toBe(encodeTemplateValue(b));
    }),
  );
});
