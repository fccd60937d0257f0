/** What the server sends of its own: nothing else, but what contract files declare. */

import { type Static, type TSchema, Type } from "../schema/type.ts";
import {
  count,
  list,
  name,
  object,
  oneOf,
  opaque,
  optional,
  RosterDiff,
  StateDiff,
  timestamp,
  UserPresence,
  WireError,
} from "./shapes.ts";

const room = name("room");
const health = object({
  presence: oneOf("live", "stale"),
  fanout: oneOf("live", "stale"),
  inbox: oneOf("live", "stale"),
});
export const SERVER_EVENTS = {
  "session:ready": {
    description: "First of all events: who and where one is, and under which limits.",
    payload: object({
      session: name("session"),
      user: name("user"),
      tenant: name("tenant"),
      namespace: name("namespace"),
      edge: Type.String(),
      protocol: Type.Literal(1),
      resumed: Type.Boolean(),
      serverTime: timestamp,
      expiresAt: timestamp,
      heartbeat: object({ pingIntervalMs: count(), pingTimeoutMs: count(), graceMs: count() }),
      limits: object({
        payloadBytes: count(),
        rooms: count(),
        watched: count(),
        eventsPerSecond: Type.Number({ minimum: 0 }),
        stateKeys: count(),
        stateValueBytes: count(),
      }),
      health,
    }),
  },
  "session:fault": {
    description: "An error of a message that asked for no ack.",
    payload: object({ event: Type.String(), id: optional(name("clientId")), error: WireError }),
  },
  "session:revoked": {
    description: "The session ends here; a DISCONNECT follows.",
    payload: object({ reason: Type.String() }),
  },
  "session:expiring": { description: "The token ends soon.", payload: object({ inMs: count() }) },
  "session:health": { description: "What is live and what is stale, on every change.", payload: health },
  "server:drain": {
    description: "This edge is going away: the connection is closed within that time.",
    payload: object({ reconnectInMs: count() }),
  },
  "room:roster": { description: "Who came, changed, left.", payload: RosterDiff },
  "room:occupancy": {
    description: "A large room's count.",
    payload: object({ room, epoch: opaque, version: count(), count: count() }),
  },
  "room:state": { description: "State entries set and deleted.", payload: StateDiff },
  "room:resync": {
    description: "Join again with what you have, after a random delay.",
    payload: object({
      room,
      streams: list(oneOf("roster", "state", "history"), 3, 1),
      reason: Type.String(),
      spreadMs: count(),
    }),
  },
  "room:removed": { description: "No longer a member.", payload: object({ room, reason: Type.String() }) },
  "presence:changed": {
    description: "Changes of watched users.",
    payload: object({ changes: Type.Array(UserPresence) }),
  },
  "presence:resync": {
    description: "Forget all watched and watch again after a random delay.",
    payload: object({ reason: Type.String(), spreadMs: count() }),
  },
  "inbox:changed": {
    description: "The inbox's counters, on all devices.",
    payload: object({
      epoch: opaque,
      unread: count(),
      ackSeq: count(),
      read: optional(object({ upTo: optional(count()), ids: optional(Type.Array(Type.String())) })),
    }),
  },
} as const satisfies Record<string, { description: string; payload: TSchema }>;

export type ServerEvent = keyof typeof SERVER_EVENTS;
export type ServerPayload<E extends ServerEvent> = Static<(typeof SERVER_EVENTS)[E]["payload"]>;

export function isServerEvent(event: string): event is ServerEvent {
  return Object.hasOwn(SERVER_EVENTS, event);
}
