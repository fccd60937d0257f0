/** The identity of a logical message, folded into the id that clients see and markers are keyed by. Pure. */

import { createHash } from "node:crypto";

/**
 * 22 chars of `[A-Za-z0-9_-]`, equal for equal (tenant, source, id) and for nothing else: two sources may use one id,
 * and clients drop repeats of `meta.id`, so the source has to be in it. JSON keeps the parts apart.
 */
export function messageId(tenant: string, source: string, id: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([tenant, source, id]))
    .digest();
  return digest.subarray(0, 16).toString("base64url");
}
