/** `presence:set`: the session's word on its user's status. */

import type { PresenceStatus } from "@rollcall/contracts";
import type { LaneData } from "@rollcall/contracts/internal";
import type { Parts } from "../../parts.ts";
import { type Command, command } from "../command.ts";
import { coreShape } from "../core-shape.ts";

export function presenceSet(parts: Parts): Command {
  return command<{ status: PresenceStatus; info?: unknown }>({
    event: "presence:set",
    shape: coreShape("presence:set"),
    allowed: () => true,
    async run({ session, payload: { status, info }, span }) {
      const { link } = parts.cellOf(session.ref.tenant);
      const data = await link.submit({
        op: "set",
        ref: session.ref,
        status,
        traceparent: span.traceparent,
        ...(info === undefined ? {} : { info }),
      });
      const { version = 0 } = data as Extract<LaneData, { version?: number }>;
      return { version };
    },
  });
}
