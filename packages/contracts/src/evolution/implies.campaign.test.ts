import fc from "fast-check";
import { expect, test } from "vitest";
import { counterExample, opened, pairs, payload } from "../../test/arbitrary-schemas.ts";
import { implies } from "./implies.ts";

const payloads = fc.array(payload(3), { minLength: 40, maxLength: 40 });

test("no finding is a proof, over 50,000 pairs of schemas and both kinds of reader", () => {
  let proofs = 0;
  fc.assert(
    fc.property(pairs, payloads, fc.boolean(), ([first, second], values, ignoreUnknown) => {
      if (implies(first, second, { ignoreUnknown }).length > 0) return;
      proofs++;
      expect(counterExample(first, ignoreUnknown ? opened(second) : second, values)).toBeUndefined();
    }),
    { numRuns: 50_000 },
  );
  expect(proofs).toBeGreaterThan(5_000);
});
