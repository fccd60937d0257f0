/** Reads that clients (through their edge) and backends share. */

import type { Member } from "@rollcall/contracts";
import type { PresenceStore, RoomName } from "../store.ts";
import { fitting, memberView } from "./views.ts";

/** An ack must stay below 128 KiB. */
const PAGE_BYTES = 112 * 1024;

export interface MembersData {
  epoch: string;
  version: number;
  count: number;
  members: Member[];
  next?: string;
  stale?: boolean;
}

export async function readMembers(
  store: PresenceStore,
  name: RoomName,
  page: { cursor: string | undefined; limit: number },
): Promise<MembersData> {
  const { limit } = page;
  // One more than asked tells whether there is a next page.
  const read = await store.room(name, { after: page.cursor ?? "", limit: limit + 1 });
  const members = fitting(read.members.slice(0, limit).map(memberView), PAGE_BYTES);
  const more = members.length < read.members.length;
  return {
    epoch: read.roomEpoch,
    version: read.version,
    count: read.count,
    members,
    ...(more ? { next: members.at(-1)!.user } : {}),
    ...(read.brake ? { stale: true } : {}),
  };
}
