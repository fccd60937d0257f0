/** `room:leave`: nothing of the room reaches the client any more, from now on; also answered when it was no member. */

import { RollcallError } from "@rollcall/contracts";
import type { Parts } from "../../parts.ts";
import { type Command, command } from "../command.ts";
import { coreShape } from "../core-shape.ts";
import { mayRead } from "../room-rights.ts";

export function roomLeave(parts: Parts): Command {
  return command<{ room: string }>({
    event: "room:leave",
    shape: coreShape("room:leave"),
    allowed: (session, { room }, nowMs) => session.rooms.has(room) || mayRead(session, room, nowMs),
    room: ({ room }) => room,
    async run({ session, payload: { room }, id, span }) {
      parts.lifecycle.memberships.leave(session, room);
      const { link } = parts.cellOf(session.ref.tenant);
      const cause = { traceparent: span.traceparent, ...(id === undefined ? {} : { id }) };
      const op = { op: "leave", ref: session.ref, room, reason: "leave", ...cause } as const;
      if (link.health === "stale") link.post(op);
      else await link.submit(op).catch(unlessAway);
      return { room };
    },
  });
}

/** It has left here; others see it when presence is back, which holds the leave or ends the session. */
function unlessAway(error: unknown): void {
  if (RollcallError.from(error).code !== "UNAVAILABLE") throw error;
}
