/** `room:update`: the session's info in a room. Observers have none to show. */

import type { LaneData } from "@rollcall/contracts/internal";
import type { Parts } from "../../parts.ts";
import { type Command, command } from "../command.ts";
import { coreShape } from "../core-shape.ts";
import { roomResource } from "../room-rights.ts";
import { infoIssues } from "./info.ts";

export function roomUpdate(parts: Parts): Command {
  return command<{ room: string; info: unknown }>({
    event: "room:update",
    shape: coreShape("room:update"),
    allowed: (session, { room }, nowMs) =>
      session.rights.allows(roomResource(room), "join", nowMs) && session.rooms.get(room)?.observe !== true,
    room: ({ room }) => room,
    memberOnly: true,
    conforms: ({ info }, contract) => infoIssues(info, contract),
    async run({ session, payload: { room, info }, id, span }) {
      const { link } = parts.cellOf(session.ref.tenant);
      const data = (await link.submit({
        op: "update",
        ref: session.ref,
        room,
        info: info ?? null,
        traceparent: span.traceparent,
        ...(id === undefined ? {} : { id }),
      })) as Extract<LaneData, { op: "update" }>;
      return { version: data.version };
    },
  });
}
