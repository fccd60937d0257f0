/** Reads packed roster members as `lua/lib/rooms.lua` writes them; keep both alike (the contract suite compares). */

import type { EntryFacts, MemberFacts, Membership } from "../store.ts";

/** `<user> \1 session \1 session ...`, a session being `id \2 since \2 w \2 name \2 info`. */
export function readMember(packed: string): MemberFacts {
  const [user = "", ...sessions] = packed.split("\u0001");
  const member: MemberFacts = {
    user,
    name: undefined,
    info: undefined,
    devices: sessions.length,
    sinceMs: Number.POSITIVE_INFINITY,
  };
  let nameAt = -1;
  let infoAt = -1;
  for (const session of sessions) {
    const [, since = "0", w = "", name = "", info = ""] = session.split("\u0002");
    const at = Number(w === "" ? 0 : w);
    member.sinceMs = Math.min(member.sinceMs, Number(since));
    if (name !== "" && at > nameAt) [member.name, nameAt] = [name, at];
    if (info !== "" && at > infoAt) [member.info, infoAt] = [info, at];
  }
  if (member.info === "null") member.info = undefined;
  return member;
}

/** ` mdoc:1 odoc:2 ` */
export function readMemberships(rooms: string): Membership[] {
  return rooms
    .split(" ")
    .filter((item) => item !== "")
    .map((item) => ({ room: item.slice(1), observe: item.startsWith("o") }));
}

/** `version \2 by \2 deadline \2 expires at \2 bound \2 value` */
export function readEntry(key: string, packed: string): EntryFacts {
  const [version, by, , expires, bound = "", value = "null"] = packed.split("\u0002");
  return {
    key,
    value,
    version: Number(version),
    by: by === "" ? undefined : by,
    expiresAtMs: expires === "" ? undefined : Number(expires),
    bound: bound === "" ? undefined : bound.slice(bound.indexOf(" ") + 1),
  };
}
