/** `room:members`, `room:history`, `state:get`: pages that presence reads for members. No order, no effect. */

import type { ReadRequest } from "@rollcall/contracts/internal";
import type { Parts } from "../../parts.ts";
import { type Command, command } from "../command.ts";
import { coreShape } from "../core-shape.ts";
import { requesting } from "../request-span.ts";
import { mayRead } from "../room-rights.ts";

/** What the client may say beside the room is what presence reads, field by field. */
interface RoomRead {
  room: string;
  [field: string]: unknown;
}

const READS = { "room:members": "members", "room:history": "history", "state:get": "state" } as const;

export function roomRead(parts: Parts, event: keyof typeof READS): Command {
  return command<RoomRead>({
    event,
    shape: coreShape(event),
    allowed: (session, { room }, nowMs) => mayRead(session, room, nowMs),
    room: ({ room }) => room,
    memberOnly: true,
    run({ session, payload, span }) {
      const { tenant, namespace } = session.ref;
      const body = { ...payload, read: READS[event], tenant, namespace } as ReadRequest;
      return requesting(event, span, (traceparent) => parts.bus.read(session.cell, body, traceparent));
    },
  });
}
