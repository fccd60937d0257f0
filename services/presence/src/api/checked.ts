/** The body of a request as its schema gives it, or `PAYLOAD_INVALID` with pointers and never the value. */

import { type RequestBody, type RequestName, RollcallError, validateRequest } from "@rollcall/contracts";

export function checked<N extends RequestName>(name: N, body: unknown): RequestBody<N> {
  const result = validateRequest(name, body);
  if (!result.ok) throw RollcallError.invalid(result.issues);
  return result.value;
}
