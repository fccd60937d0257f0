/** Reads that clients (through their edge) and backends share. */

import {
  type EventTriple,
  type HistoryPage,
  type MembersPage,
  RollcallError,
  type StatePage,
} from "@rollcall/contracts";
import type { PresenceStore, RoomName } from "../store.ts";
import { entryView, fitting, memberView } from "./views.ts";

/** An ack must stay below 128 KiB. */
const PAGE_BYTES = 112 * 1024;

export async function readMembers(
  store: PresenceStore,
  name: RoomName,
  page: { cursor: string | undefined; limit: number },
): Promise<MembersPage> {
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

export async function readState(
  store: PresenceStore,
  name: RoomName,
  ask: { keys: readonly string[] | undefined; cursor: string | undefined },
): Promise<StatePage> {
  const { keys, cursor = "" } = ask;
  if (keys === undefined) {
    const {
      roomEpoch,
      version,
      entries = [],
      more,
    } = await store.state(name, {
      which: "page",
      after: cursor,
      bytes: PAGE_BYTES,
    });
    const next = more ? { next: entries.at(-1)!.key } : {};
    return { epoch: roomEpoch, version, entries: entries.map(entryView), ...next };
  }
  // `next` continues the list of keys as given: the key to begin with.
  const from = cursor === "" ? 0 : keys.indexOf(cursor);
  if (from < 0) throw RollcallError.invalid([{ pointer: "/cursor", keyword: "enum", message: "must be one of keys" }]);
  const asked = keys.slice(from);
  const { roomEpoch, version, entries = [] } = await store.state(name, { which: "keys", keys: asked });
  const views = fitting(entries.map(entryView), PAGE_BYTES);
  const next = views.length < entries.length ? { next: entries[views.length]!.key } : {};
  return { epoch: roomEpoch, version, entries: views, ...next };
}

/** With `after`: the next ones, ascending. Else the newest below `before`, ascending; `next` pages back. */
export async function readHistory(
  store: PresenceStore,
  name: RoomName,
  ask: { before: number | undefined; after: number | undefined; limit: number },
): Promise<HistoryPage> {
  const { before, after, limit } = ask;
  const forward = after !== undefined;
  const read = await store.history(name, { before, after, limit: limit + 1, newest: !forward });
  const { roomEpoch: epoch, seq } = read;
  const all = read.events.map((json) => JSON.parse(json) as EventTriple);
  if (forward) {
    const events = fitting(all.slice(0, limit), PAGE_BYTES);
    return { epoch, seq, events, ...(events.length < all.length ? { next: read.seqs[events.length - 1]! } : {}) };
  }
  const events = fitting(all.slice(-limit).toReversed(), PAGE_BYTES).toReversed();
  const skipped = all.length - events.length;
  return { epoch, seq, events, ...(skipped > 0 ? { next: read.seqs[skipped]! } : {}) };
}
