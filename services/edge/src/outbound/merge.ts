/**
 * Merging of diffs, as clients may fold them: values are absolute, the last write per user or key wins, a join followed
 * by a leave is sent as `left`. The merge of neighbours applied at once equals the parts applied in turn.
 */

import type { Entry, Member, RosterDiff, StateDiff } from "@rollcall/contracts";

/** Do they touch or overlap, so that their merge is a diff too? */
export function areNeighbours(
  earlier: { epoch: string; from: number; to: number },
  later: { epoch: string; from: number; to: number },
): boolean {
  return (
    earlier.epoch === later.epoch && earlier.from <= later.from && later.from <= earlier.to && earlier.to <= later.to
  );
}

export function mergeRoster(earlier: RosterDiff, later: RosterDiff): RosterDiff {
  const joined = byUser(earlier.joined);
  const updated = byUser(earlier.updated);
  const left = new Set(earlier.left);
  for (const user of later.left ?? []) {
    joined.delete(user);
    updated.delete(user);
    left.add(user);
  }
  for (const member of later.joined ?? []) {
    left.delete(member.user);
    updated.delete(member.user);
    joined.set(member.user, member);
  }
  for (const member of later.updated ?? []) {
    if (joined.has(member.user)) joined.set(member.user, member);
    else updated.set(member.user, member);
  }
  return {
    room: later.room,
    epoch: later.epoch,
    from: earlier.from,
    to: later.to,
    ...(joined.size === 0 ? {} : { joined: [...joined.values()] }),
    ...(updated.size === 0 ? {} : { updated: [...updated.values()] }),
    ...(left.size === 0 ? {} : { left: [...left] }),
    count: later.count,
  };
}

export function mergeState(earlier: StateDiff, later: StateDiff): StateDiff {
  const set = new Map<string, Entry>((earlier.set ?? []).map((entry) => [entry.key, entry]));
  const deleted = new Set(earlier.deleted);
  for (const key of later.deleted ?? []) {
    set.delete(key);
    deleted.add(key);
  }
  for (const entry of later.set ?? []) {
    deleted.delete(entry.key);
    set.set(entry.key, entry);
  }
  return {
    room: later.room,
    epoch: later.epoch,
    from: earlier.from,
    to: later.to,
    ...(set.size === 0 ? {} : { set: [...set.values()] }),
    ...(deleted.size === 0 ? {} : { deleted: [...deleted] }),
  };
}

const byUser = (members: readonly Member[] = []) => new Map(members.map((member) => [member.user, member]));
