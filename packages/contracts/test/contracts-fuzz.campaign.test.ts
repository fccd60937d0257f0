import { expect, test } from "vitest";
import { fuzz } from "./fuzz/run.ts";

/** Slices with a seed of their own, which a failure names. */
const SLICES = 50;
const PAYLOADS = 20_000;

test("1,000,000 generated payloads, 10,000 of them shown to a second validator", () => {
  const results = Array.from({ length: SLICES }, (_, i) =>
    fuzz({ seed: 1_000 + i, payloads: PAYLOADS, compareEvery: 100 }),
  );
  const sum = (of: (result: (typeof results)[number]) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const all = (of: (result: (typeof results)[number]) => string[]) => results.flatMap(of);
  const table = {
    payloads: sum(({ payloads }) => payloads),
    accepted: sum(({ accepted }) => accepted),
    refused: sum(({ refused }) => refused),
    compared: sum(({ compared }) => compared),
    surfaces: results[0]!.covered.size,
  };
  console.log(JSON.stringify(table));
  expect(all(({ crashes }) => crashes)).toEqual([]);
  expect(all(({ acceptedButInvalid }) => acceptedButInvalid)).toEqual([]);
  expect(all(({ refusedButValid }) => refusedButValid)).toEqual([]);
  expect(all(({ undeclared }) => undeclared)).toEqual([]);
  expect(table).toMatchObject({ payloads: SLICES * PAYLOADS, compared: (SLICES * PAYLOADS) / 100 });
});
