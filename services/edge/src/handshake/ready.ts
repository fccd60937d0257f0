/** `session:ready`: the first event of a session, and what a client needs to know of this edge. */

import { LIMITS, PROTOCOL_VERSION, type ServerPayload } from "@rollcall/contracts";
import type { Session } from "../clients/session.ts";
import type { EdgeSettings } from "../config.ts";
import type { HealthView } from "../health.ts";

export function sessionReady(
  session: Session,
  facts: { edge: string; resumed: boolean; nowMs: number; health: HealthView; settings: EdgeSettings },
): ServerPayload<"session:ready"> {
  const { edge, resumed, nowMs, health, settings } = facts;
  const { tenant, user, namespace, session: id } = session.ref;
  const { payloadBytes, rooms, watched, eventsPerSecond } = session.limits;
  return {
    session: id,
    user,
    tenant,
    namespace,
    edge,
    protocol: PROTOCOL_VERSION,
    resumed,
    serverTime: new Date(nowMs).toISOString(),
    expiresAt: new Date(session.rights.token.expiresAtMs).toISOString(),
    heartbeat: {
      pingIntervalMs: settings.PING_INTERVAL_MS,
      pingTimeoutMs: settings.PING_TIMEOUT_MS,
      graceMs: settings.GRACE_MS,
    },
    limits: {
      payloadBytes,
      rooms,
      watched,
      eventsPerSecond,
      stateKeys: LIMITS.stateKeys,
      stateValueBytes: LIMITS.stateValueBytes,
    },
    health,
  };
}
