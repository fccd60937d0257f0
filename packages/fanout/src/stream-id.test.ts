import fc from "fast-check";
import { expect, test } from "vitest";
import { compareIds, idToMs } from "./stream-id.ts";

test("ids compare as two 64-bit numbers", () => {
  const half = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(half, half, half, half, (ms1, seq1, ms2, seq2) => {
      const expected = ms1 === ms2 ? Number(seq1 > seq2) - Number(seq1 < seq2) : ms1 > ms2 ? 1 : -1;
      expect(Math.sign(compareIds(`${ms1}-${seq1}`, `${ms2}-${seq2}`))).toBe(expected);
    }),
  );
});

test("an id says when it was made", () => {
  expect(idToMs("1795616876006-12")).toBe(1795616876006);
});
