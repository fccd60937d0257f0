/** `inbox:changed`, to the devices of one user. */

import { type InboxState, userTarget } from "@rollcall/contracts";
import type { InboxOwner } from "@rollcall/contracts/internal";
import type { FanoutLog, Placement } from "@rollcall/fanout";
import type { Clock, Logger, Random } from "@rollcall/runtime";
import { encodePacket, isoTime } from "../routing/packet.ts";

export interface InboxChange extends InboxState {
  /** What counts as read now. */
  read?: { upTo: number } | { ids: readonly string[] };
}

export type Announce = (owner: InboxOwner, change: InboxChange) => Promise<void>;

export interface AnnounceOptions {
  log: FanoutLog;
  placement: Placement;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** What was done is done, also when this cannot be said: never rejects. */
export function createAnnounce({ log, placement, clock, random, logger }: AnnounceOptions): Announce {
  return async ({ tenant, namespace, user }, { epoch, unread, ackSeq, read }) => {
    const mid = random.id();
    const cell = placement.cellOf(tenant);
    const target = userTarget(tenant, user);
    const payload = JSON.stringify({ epoch, unread, ackSeq, ...(read === undefined ? {} : { read }) });
    try {
      await log.append(
        { cell, partition: placement.partitionOf(cell, namespace, target) },
        {
          tenant,
          namespace,
          targets: [target],
          event: "inbox:changed",
          packetJson: encodePacket("inbox:changed", payload, { id: mid, ts: isoTime(clock.now()) }),
          mid,
        },
      );
    } catch (error) {
      logger.warn({ event: "inbox.announce_failed", error }, "devices were not told of a change");
    }
  };
}
