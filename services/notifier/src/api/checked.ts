/** Bodies of requests, by their schemas in contracts. */

import { type RequestBody, type RequestName, RollcallError, validateRequest } from "@rollcall/contracts";

/** Throws `PAYLOAD_INVALID` with every issue. */
export function checked<N extends RequestName>(name: N, body: unknown): RequestBody<N> {
  const result = validateRequest(name, body);
  if (!result.ok) throw RollcallError.invalid(result.issues);
  return result.value as RequestBody<N>;
}
