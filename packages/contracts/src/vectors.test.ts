/** The vectors of errors and capabilities; `UPDATE=1` writes those that the code makes. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileCapabilities } from "./capabilities.ts";
import { ERROR_CATALOGUE } from "./errors.ts";

const fileOf = (name: string) => join(import.meta.dirname, "../vectors", `${name}.json`);
const read = (name: string): unknown => JSON.parse(readFileSync(fileOf(name), "utf8"));

test("errors.json is the catalogue", () => {
  const errors = Object.entries(ERROR_CATALOGUE).map(([code, { retryable }]) => ({ code, retryable }));
  if (process.env.UPDATE === "1") writeFileSync(fileOf("errors"), `${JSON.stringify(errors, null, 2)}\n`);
  expect(read("errors")).toEqual(errors);
});

interface CapabilityVector {
  cap: Record<string, string[]>;
  resource: string;
  operation: string;
  allowed: boolean;
}
test.each(read("capabilities") as CapabilityVector[])(
  "$cap: $operation on $resource is $allowed",
  ({ cap, resource, operation, allowed }) => {
    expect(compileCapabilities(cap).allows(resource, operation)).toBe(allowed);
  },
);
