import type { RollcallError, RoomStatus } from "@rollcall/client";
import { useStatus } from "@rollcall/client/react";

const OF_ROOM: Record<RoomStatus, string> = {
  idle: "not here",
  joining: "joining",
  live: "live",
  stale: "catching up",
  failed: "refused",
};

/** Whether what is shown is true now; in words, for those who do not see the colour, and read out when it changes. */
export function Status({ room, error }: { room: RoomStatus; error: RollcallError | undefined }) {
  const status = useStatus();
  const live = status.phase === "online" && room === "live";
  const words = {
    idle: "not connected",
    connecting: "connecting",
    waiting: "connection lost, trying again",
    ended: `ended${"reason" in status ? `: ${status.reason}` : ""}`,
    online: `${OF_ROOM[room]}${error === undefined ? "" : `: ${error.code}`}`,
  };
  return (
    <output className={live ? "status live" : "status"} data-testid="status">
      {words[status.phase]}
    </output>
  );
}
