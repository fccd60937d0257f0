/** Which codes an ack can carry, in the order in which they are checked. */

import { ANY_EVENT_ERRORS, type ClientEvent, errorsOfEvent } from "../../core/client-events.ts";
import type { ErrorCode } from "../../errors.ts";
import type { ClientMessage } from "../surface.ts";

export function errorsOf({ name, source }: ClientMessage): readonly ErrorCode[] {
  if (source.kind === "core") return errorsOfEvent(name as ClientEvent);
  return [...ANY_EVENT_ERRORS.first, ...declaredErrors(source), ...ANY_EVENT_ERRORS.last];
}

function declaredErrors(source: Exclude<ClientMessage["source"], { kind: "core" }>): readonly ErrorCode[] {
  if (source.kind === "command") return ["FORBIDDEN"];
  const numbered = source.entry.history !== undefined;
  return ["FORBIDDEN", "ROOM_UNKNOWN", "NOT_A_MEMBER", ...(numbered ? (["OVERLOADED"] as const) : [])];
}
