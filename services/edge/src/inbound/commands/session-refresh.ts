/** `session:refresh`: a newer token of the same user. What it no longer covers ends. */

import { RollcallError } from "@rollcall/contracts";
import type { Session } from "../../clients/session.ts";
import type { Parts } from "../../parts.ts";
import { type Command, command } from "../command.ts";
import { coreShape } from "../core-shape.ts";
import { refuseRevoked } from "../revocation.ts";

export function sessionRefresh(parts: Parts): Command {
  return command<{ token: string }>({
    event: "session:refresh",
    shape: coreShape("session:refresh"),
    allowed: () => true,
    run: ({ session, payload }) => refresh(parts, session, payload.token),
  });
}

async function refresh(parts: Parts, session: Session, token: string): Promise<unknown> {
  const { verifier, lifecycle } = parts;
  const verified = await verifier.verify(token);
  const { tenant, user, namespace } = session.ref;
  if (verified.user !== user || verified.tenant !== tenant) throw new RollcallError("AUTH_INVALID");
  if (!verified.namespaces.includes(namespace)) throw new RollcallError("FORBIDDEN");
  await refuseRevoked(parts, session, verified);
  if (!session.live) throw new RollcallError("UNAVAILABLE");
  session.rights.refresh(verified);
  session.name = verified.claims.name;
  lifecycle.refreshed(session);
  return { expiresAt: new Date(verified.expiresAtMs).toISOString() };
}
