/** Rights on rooms, as the wire contract groups operations. */

import type { Session } from "../clients/session.ts";

export const roomResource = (room: string): string => `room:${room}`;

/** Read its roster, state and history, leave it: whoever may join or observe. */
export function mayRead(session: Session, room: string, nowMs: number): boolean {
  const resource = roomResource(room);
  return session.rights.allows(resource, "join", nowMs) || session.rights.allows(resource, "observe", nowMs);
}
