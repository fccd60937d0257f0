import { expect, test } from "vitest";
import { fuzz } from "./fuzz/run.ts";

/** 2 % of the campaign. */
test("20,000 generated payloads: none crashes, none that is accepted is invalid, none undeclared", {
  timeout: 60_000,
}, () => {
  const result = fuzz({ seed: 1, payloads: 20_000, compareEvery: 100 });
  expect(result).toMatchObject({
    crashes: [],
    acceptedButInvalid: [],
    refusedButValid: [],
    undeclared: [],
    compared: 200,
  });
  for (const [name, { accepted, refused }] of result.covered) {
    expect(accepted, `${name} accepted`).toBeGreaterThan(0);
    expect(refused, `${name} refused`).toBeGreaterThan(0);
  }
});
