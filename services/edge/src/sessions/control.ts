/** What presence tells edges, at most once: replaced and revoked sessions, a new epoch. The digest repairs what is missed. */

import type { ControlMessage } from "@rollcall/contracts/internal";
import type { Logger } from "@rollcall/runtime";
import type { Registry } from "../clients/registry.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { PresenceLink } from "./link.ts";

export interface ControlOptions {
  registry: Registry;
  lifecycle: Lifecycle;
  link: PresenceLink;
  logger: Logger;
}

export function handleControl(options: ControlOptions, text: string): void {
  const { registry, lifecycle, link, logger } = options;
  let message: ControlMessage;
  try {
    message = JSON.parse(text) as ControlMessage;
  } catch (error) {
    logger.warn({ event: "control.malformed", error }, "a control message is not JSON");
    return;
  }
  switch (message.kind) {
    case "replaced":
      lifecycle.replaced(message.ref, message.incarnation);
      return;
    case "epoch":
      link.noteEpoch(message.epoch);
      return;
    case "revoked":
      revoked(message, registry, lifecycle);
      return;
    default:
      return; // of a newer minor release
  }
}

function revoked(
  message: Extract<ControlMessage, { kind: "revoked" }>,
  registry: Registry,
  lifecycle: Lifecycle,
): void {
  const { tenant, user, session: id, room, namespace, issuedBeforeMs } = message;
  for (const session of registry.ofUser(tenant, user)) {
    if (namespace !== undefined && session.ref.namespace !== namespace) continue;
    if (id !== undefined && session.ref.session !== id) continue;
    if (room !== undefined) {
      lifecycle.memberships.remove(session, room, "revoked");
      continue;
    }
    // `session` alone only ends it; a user's tokens issued later than the revocation are good.
    if (id !== undefined || issuedBeforeMs === undefined || session.rights.token.issuedAtMs <= issuedBeforeMs) {
      lifecycle.revoke(session, "revoked");
    } else if (session.rights.revoke(issuedBeforeMs)) {
      lifecycle.memberships.enforceRights(session, "revoked");
    }
  }
}
