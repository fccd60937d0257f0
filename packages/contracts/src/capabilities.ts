/** What a token allows: resource patterns to operations, compiled once per token. */

import { matches } from "./pattern.ts";

export interface Capabilities {
  /** `resource` is `room:<id>`, `user:<id>` or `command:<event>`. What is not listed is not allowed. */
  allows(resource: string, operation: string): boolean;
}

/** Operations of core; contract files introduce further ones. */
export const CORE_OPERATIONS = ["join", "observe", "publish", "state", "watch", "call"] as const;

/** `cap` has passed {@link validateClaims}. */
export function compileCapabilities(cap: Readonly<Record<string, readonly string[]>>): Capabilities {
  const exact = new Map<string, ReadonlySet<string>>();
  const prefixes: [pattern: string, operations: ReadonlySet<string>][] = [];
  for (const [pattern, operations] of Object.entries(cap)) {
    const allowed = new Set(operations);
    if (pattern.endsWith("*")) prefixes.push([pattern, allowed]);
    else exact.set(pattern, allowed);
  }
  return {
    allows(resource, operation) {
      if (exact.get(resource)?.has(operation) === true) return true;
      return prefixes.some(([pattern, allowed]) => allowed.has(operation) && matches(pattern, resource));
    },
  };
}
