import fc from "fast-check";
import { expect, test } from "vitest";
import type { SubjectPattern } from "../contract.ts";
import { overlap, overlapFinder, parseSubject } from "./subject.ts";

test("what overlaps is found, and nothing else", () => {
  const token = fc.constantFrom("a", "b", "{tenant}");
  const pattern = fc
    .array(token, { minLength: 1, maxLength: 3 })
    .map((tokens) => parseSubject(["events", ...tokens].join("."), "events"))
    .filter((parsed): parsed is SubjectPattern => typeof parsed !== "string");
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12, size: "max" }), (patterns) => {
      const finder = overlapFinder<number>();
      for (const [i, each] of patterns.entries()) {
        const expected = [...patterns.keys()].filter((j) => j < i && overlap(each, patterns[j]!));
        expect(finder.add(each, i).toSorted((a, b) => a - b)).toEqual(expected);
      }
    }),
    { numRuns: 300 },
  );
});
