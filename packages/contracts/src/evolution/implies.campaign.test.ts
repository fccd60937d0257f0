import fc from "fast-check";
import { expect, test } from "vitest";
import { counterExample, pairs, payload } from "../../test/arbitrary-schemas.ts";
import { implies } from "./implies.ts";

test("no finding is a proof, over 100,000 pairs of schemas", () => {
  fc.assert(
    fc.property(pairs, fc.array(payload(3), { minLength: 40, maxLength: 40 }), ([first, second], payloads) => {
      if (implies(first, second).length > 0) return;
      expect(counterExample(first, second, payloads)).toBeUndefined();
    }),
    { numRuns: 100_000 },
  );
});
