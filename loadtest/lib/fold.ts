/**
 * What one client knows of one room: the answer to its join and the diffs after it. Written from the protocol alone and
 * not shared with the client library, so that a mistake there cannot hide itself here. Views are changed in place: a copy
 * per diff and client would be most of the generator's work.
 *
 *     from <= own < to, same epoch     applied
 *     to <= own, same epoch            old: nothing
 *     from > own, or another epoch     gap: join again with what is known
 */

import type { Entry, JoinAck, JoinHave, Member, Occupancy, RosterDiff, StateDiff } from "@rollcall/client";

export interface RoomView {
  epoch: string;
  mode: "roster" | "occupancy";
  count: number;
  roster: number;
  members: Map<string, Member>;
  state: number;
  entries: Map<string, Entry>;
  /** Number of the newest event of the room's history that was seen. */
  history: number;
}

export type Step = "applied" | "old" | "gap";

export const haveOf = ({ epoch, roster, state, history }: RoomView): JoinHave => ({ epoch, roster, state, history });

/** The view after a join: what was known, continued by deltas, or a new one where the answer holds a snapshot. */
export function fromJoin(known: RoomView | undefined, answer: JoinAck): RoomView | "gap" {
  const same = known?.epoch === answer.epoch ? known : undefined;
  const view: RoomView = same ?? {
    epoch: answer.epoch,
    mode: answer.mode,
    count: answer.count,
    roster: -1,
    members: new Map(),
    state: -1,
    entries: new Map(),
    history: answer.history.seq,
  };
  const { roster, state } = answer;
  if (roster.delta !== undefined) {
    if (same === undefined || applyRoster(view, roster.delta) === "gap") return "gap";
  } else if (roster.members !== undefined && roster.version >= view.roster) {
    view.members = new Map(roster.members.map((member) => [member.user, member]));
    Object.assign(view, { roster: roster.version, count: answer.count, mode: answer.mode });
  } else if (answer.mode === "occupancy" && roster.version >= view.roster) {
    view.members.clear();
    Object.assign(view, { roster: roster.version, count: answer.count, mode: answer.mode });
  } else if (same === undefined) return "gap";
  if (state.delta !== undefined) {
    if (same === undefined || applyState(view, state.delta) === "gap") return "gap";
  } else if (state.entries !== undefined && state.version >= view.state) {
    view.entries = new Map(state.entries.map((entry) => [entry.key, entry]));
    view.state = state.version;
  } else if (same === undefined) return "gap";
  return view;
}

export function applyRoster(view: RoomView, { epoch, from, to, joined, updated, left, count }: RosterDiff): Step {
  const step = stepOf(view.epoch, view.roster, { epoch, from, to });
  if (step !== "applied") return step;
  // A mere count is no base for a difference of members.
  if (view.mode === "occupancy") return "gap";
  for (const user of left ?? []) view.members.delete(user);
  for (const member of joined ?? []) view.members.set(member.user, member);
  for (const member of updated ?? []) view.members.set(member.user, member);
  view.roster = to;
  view.count = count;
  return step;
}

export function applyOccupancy(view: RoomView, { epoch, version, count }: Occupancy): Step {
  if (epoch !== view.epoch) return "gap";
  if (version <= view.roster) return "old";
  view.mode = "occupancy";
  view.members.clear();
  view.roster = version;
  view.count = count;
  return "applied";
}

export function applyState(view: RoomView, { epoch, from, to, set, deleted }: StateDiff): Step {
  const step = stepOf(view.epoch, view.state, { epoch, from, to });
  if (step !== "applied") return step;
  for (const key of deleted ?? []) view.entries.delete(key);
  for (const entry of set ?? []) view.entries.set(entry.key, entry);
  view.state = to;
  return step;
}

/** The room's history is consecutive: the next number is news, an earlier one a repeat, a later one a gap. */
export function applyHistory(view: RoomView, seq: number): Step {
  if (seq <= view.history) return "old";
  const step = seq === view.history + 1 ? "applied" : "gap";
  view.history = seq;
  return step;
}

/** What a roster has too much or too little against the truth; `unsure` may be either. Empty: they are equal. */
export function differences(
  members: ReadonlyMap<string, Member>,
  truth: ReadonlyMap<string, unknown>,
  unsure: ReadonlySet<string> = new Set(),
): string[] {
  const found: string[] = [];
  for (const user of members.keys()) if (!truth.has(user) && !unsure.has(user)) found.push(`ghost ${user}`);
  for (const [user, info] of truth) {
    if (unsure.has(user)) continue;
    const member = members.get(user);
    if (member === undefined) found.push(`missing ${user}`);
    else if (JSON.stringify(member.info) !== JSON.stringify(info)) found.push(`info of ${user}`);
  }
  return found;
}

function stepOf(epoch: string, own: number, diff: { epoch: string; from: number; to: number }): Step {
  if (diff.epoch !== epoch || diff.from > own) return "gap";
  return diff.to <= own ? "old" : "applied";
}
