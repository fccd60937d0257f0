/** Revocation of tokens that do not pass presence's lane: those of a refresh, and grants. */

import { RollcallError } from "@rollcall/contracts";
import type { ReadRevocationsData } from "@rollcall/contracts/internal";
import type { Granted } from "../clients/rights.ts";
import type { Session } from "../clients/session.ts";
import type { Parts } from "../parts.ts";

/** Throws `AUTH_REVOKED`, with a room also `FORBIDDEN`, and `UNAVAILABLE` when it cannot be known. */
export async function refuseRevoked(parts: Parts, session: Session, token: Granted, room?: string): Promise<void> {
  const { tenant, user, namespace } = session.ref;
  const { userMs, roomMs } = await parts.bus.read<ReadRevocationsData>(session.cell, {
    read: "revocations",
    tenant,
    user,
    ...(room === undefined ? {} : { namespace, room }),
  });
  if (userMs !== undefined && token.issuedAtMs <= userMs) throw new RollcallError("AUTH_REVOKED");
  if (roomMs !== undefined && token.issuedAtMs <= roomMs) throw new RollcallError("FORBIDDEN");
}
