/** The limits of one session: the server's, lowered by its token where that says so. */

import type { Claims } from "@rollcall/contracts";
import type { SessionLimits } from "../clients/session.ts";
import type { EdgeSettings } from "../config.ts";

/** Of tokens that lower nothing: one object for all. */
const own = new WeakMap<EdgeSettings, SessionLimits>();

export function sessionLimits(settings: EdgeSettings, claimed: Claims["limits"]): SessionLimits {
  if (claimed !== undefined) return lowered(settings, claimed);
  const known = own.get(settings) ?? lowered(settings, {});
  own.set(settings, known);
  return known;
}

function lowered(settings: EdgeSettings, claimed: NonNullable<Claims["limits"]>): SessionLimits {
  const lower = (own: number, other: number | undefined) => Math.min(own, other ?? own);
  return {
    payloadBytes: lower(settings.MAX_PAYLOAD_BYTES, claimed.payloadBytes),
    rooms: lower(settings.MAX_ROOMS, claimed.rooms),
    watched: lower(settings.MAX_WATCHED, claimed.watched),
    eventsPerSecond: lower(settings.EVENTS_PER_SECOND, claimed.eventsPerSecond),
  };
}
