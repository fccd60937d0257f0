/** Bodies of requests, by their schemas in contracts. */

import { RollcallError, validateRequest } from "@rollcall/contracts";

/** The body of a request, as its schema has it. */
export function checked<T>(name: string, body: unknown): T {
  const result = validateRequest(name, body);
  if (!result.ok) throw RollcallError.invalid(result.issues);
  return result.value as T;
}
