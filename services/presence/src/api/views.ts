/** What the store knows, as the wire says it. */

import type { Entry, Member, UserPresence } from "@rollcall/contracts";
import type { EntryFacts, MemberFacts, UserFacts } from "../store.ts";

export const iso = (ms: number): string => new Date(ms).toISOString();
const parsed = (json: string): unknown => JSON.parse(json);

export function memberView(member: MemberFacts): Member {
  return {
    user: member.user,
    ...(member.name === undefined ? {} : { name: parsed(member.name) as string }),
    ...(member.info === undefined ? {} : { info: parsed(member.info) }),
    devices: member.devices,
    since: iso(member.sinceMs),
  };
}

export function entryView({ key, value, version, by, expiresAtMs, bound }: EntryFacts): Entry {
  return {
    key,
    value: parsed(value),
    version,
    ...(by === undefined ? {} : { by }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: iso(expiresAtMs) }),
    ...(bound === undefined ? {} : { bound }),
  };
}

/** As a watcher reads it: offline, invisible and unknown are the same. */
export function watcherView(user: string, facts: UserFacts | undefined): UserPresence {
  if (facts === undefined || facts.hidden) return { user, status: "offline" };
  return visible(facts);
}

/** As a backend reads it: the truth. */
export function backendView(user: string, facts: UserFacts | undefined): UserPresence & { visible?: boolean } {
  if (facts === undefined) return { user, status: "offline" };
  return { ...visible(facts), visible: !facts.hidden };
}

function visible({ user, status, info, devices, epoch, version }: UserFacts): UserPresence {
  return { user, status, ...(info === undefined ? {} : { info: parsed(info) }), devices, epoch, version };
}

/** As many of `items` as fit into `maxBytes` of JSON, at least one. */
export function fitting<T>(items: readonly T[], maxBytes: number): T[] {
  const taken: T[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes > maxBytes && taken.length > 0) break;
    taken.push(item);
  }
  return taken;
}
