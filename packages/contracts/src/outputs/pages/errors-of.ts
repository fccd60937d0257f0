/** Which codes an ack can carry, in the order in which they are checked. */

import type { ClientEvent } from "../../core/client-events.ts";
import type { ErrorCode } from "../../errors.ts";
import type { ClientMessage } from "../surface.ts";

const BEFORE: readonly ErrorCode[] = ["PAYLOAD_TOO_LARGE", "RATE_LIMITED", "PAYLOAD_INVALID"];
const AFTER: readonly ErrorCode[] = ["UNAVAILABLE", "TIMEOUT", "INTERNAL"];

/** Of what goes to presence in the session's order: its queue may be full. */
const QUEUED = "OVERLOADED";

const CORE: Readonly<Record<ClientEvent, readonly ErrorCode[]>> = {
  "room:join": [
    ...(["FORBIDDEN", "ROOM_UNKNOWN", "AUTH_INVALID", "AUTH_EXPIRED", "AUTH_REVOKED"] as const),
    ...(["ROOM_FULL", "LIMIT_EXCEEDED", QUEUED] as const),
  ],
  "room:leave": ["ROOM_UNKNOWN", QUEUED],
  "room:update": ["ROOM_UNKNOWN", "NOT_A_MEMBER", "FORBIDDEN", QUEUED],
  "room:members": ["ROOM_UNKNOWN", "NOT_A_MEMBER"],
  "room:history": ["ROOM_UNKNOWN", "NOT_A_MEMBER"],
  "state:get": ["ROOM_UNKNOWN", "NOT_A_MEMBER"],
  "state:patch": ["FORBIDDEN", "ROOM_UNKNOWN", "NOT_A_MEMBER", "CONFLICT", "LIMIT_EXCEEDED", QUEUED],
  "presence:set": [QUEUED],
  "presence:watch": ["FORBIDDEN", "LIMIT_EXCEEDED"],
  "presence:unwatch": [],
  "session:refresh": ["AUTH_INVALID", "AUTH_EXPIRED", "AUTH_REVOKED", "FORBIDDEN"],
  "inbox:ack": ["CONFLICT"],
  "inbox:read": [],
  "inbox:unread": [],
  "inbox:sync": [],
};

export function errorsOf({ name, source }: ClientMessage): readonly ErrorCode[] {
  return [...BEFORE, ...ownErrors(name, source), ...AFTER];
}

function ownErrors(name: string, source: ClientMessage["source"]): readonly ErrorCode[] {
  switch (source.kind) {
    case "relay":
      return [
        "FORBIDDEN",
        "ROOM_UNKNOWN",
        "NOT_A_MEMBER",
        ...(source.entry.history === undefined ? [] : ([QUEUED] as const)),
      ];
    case "command":
      return ["FORBIDDEN"];
    case "core":
      return CORE[name as ClientEvent];
  }
}
