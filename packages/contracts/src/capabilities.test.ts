import fc from "fast-check";
import { test } from "vitest";
import { compileCapabilities } from "./capabilities.ts";

/** As the wire contract says it, without any thought of speed. */
function allowsNaively(cap: Record<string, string[]>, resource: string, operation: string): boolean {
  return Object.entries(cap).some(([pattern, operations]) => {
    const reaches = pattern.endsWith("*")
      ? resource.startsWith(pattern.slice(0, -1)) && resource.length > pattern.length - 1
      : resource === pattern;
    return reaches && operations.includes(operation);
  });
}

test("what is not listed is not allowed: equal to a naive reading over 100,000 cases", () => {
  const part = fc.constantFrom("room:", "user:", "doc:", "a", "b", "*", "");
  const resource = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(""));
  const operation = fc.constantFrom("join", "publish", "state", "watch");
  const cap = fc.dictionary(resource, fc.array(operation, { maxLength: 3 }), { maxKeys: 4 });
  fc.assert(
    fc.property(cap, resource, operation, (given, asked, wanted) => {
      return compileCapabilities(given).allows(asked, wanted) === allowsNaively(given, asked, wanted);
    }),
    { numRuns: 100_000 },
  );
}, 60_000);
