/** Which codes an ack can carry, in the order in which they are checked. */

import type { ClientEvent } from "../../core/client-events.ts";
import type { ErrorCode } from "../../errors.ts";
import type { ClientMessage } from "../surface.ts";

const BEFORE: readonly ErrorCode[] = ["PAYLOAD_TOO_LARGE", "RATE_LIMITED", "PAYLOAD_INVALID"];
const AFTER: readonly ErrorCode[] = ["UNAVAILABLE", "TIMEOUT", "INTERNAL"];

const CORE: Readonly<Record<ClientEvent, readonly ErrorCode[]>> = {
  "room:join": [
    ...(["FORBIDDEN", "ROOM_UNKNOWN", "AUTH_INVALID", "AUTH_EXPIRED", "AUTH_REVOKED"] as const),
    ...(["ROOM_FULL", "LIMIT_EXCEEDED", "OVERLOADED"] as const),
  ],
  "room:leave": [],
  "room:update": ["FORBIDDEN", "NOT_A_MEMBER"],
  "room:members": ["NOT_A_MEMBER"],
  "room:history": ["NOT_A_MEMBER"],
  "state:get": ["NOT_A_MEMBER"],
  "state:patch": ["FORBIDDEN", "NOT_A_MEMBER", "CONFLICT", "LIMIT_EXCEEDED"],
  "presence:set": [],
  "presence:watch": ["FORBIDDEN", "LIMIT_EXCEEDED"],
  "presence:unwatch": [],
  "session:refresh": ["AUTH_INVALID", "AUTH_EXPIRED", "AUTH_REVOKED"],
  "inbox:ack": ["CONFLICT"],
  "inbox:read": [],
  "inbox:unread": [],
  "inbox:sync": [],
};

export function errorsOf({ name, source }: ClientMessage): readonly ErrorCode[] {
  const own: readonly ErrorCode[] =
    source.kind === "relay"
      ? ["FORBIDDEN", "ROOM_UNKNOWN", "NOT_A_MEMBER"]
      : source.kind === "command"
        ? ["FORBIDDEN"]
        : CORE[name as ClientEvent];
  return [...BEFORE, ...own, ...AFTER];
}
