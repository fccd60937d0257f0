/**
 * What a client knows of a room, and how messages change it: snapshot, pages, diffs. Pure; rules F1-F9 of `SPEC.md`.
 *
 *     let view = fromJoin(undefined, ack);            // then addPage for each of its pages
 *     view = reduce(view, [name, payload, meta]);     // "gap": join again with haveOf(view)
 */

import type {
  Entry,
  EventTriple,
  HistoryPage,
  JoinAck,
  JoinHave,
  Member,
  MembersPage,
  Occupancy,
  RosterDiff,
  StateDiff,
  StatePage,
} from "./wire.ts";

export interface Roster {
  /** `occupancy`: too many to list; only `count` is known. */
  readonly mode: "roster" | "occupancy";
  readonly count: number;
  readonly version: number;
  /** The newest version a page was read at: until `version` reaches it, the parts are of different times (F6). */
  readonly wholeAt: number;
  readonly members: ReadonlyMap<string, Member>;
}

export interface State {
  readonly version: number;
  readonly wholeAt: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface History {
  /** The newest number folded. */
  readonly seq: number;
  /** The newest `HISTORY_KEPT` at most, ascending, without a hole. */
  readonly events: readonly EventTriple[];
}

/** Immutable; a part that did not change keeps its identity. */
export interface RoomView {
  readonly epoch: string;
  readonly roster: Roster;
  readonly state: State;
  readonly history: History;
}

export type Gap = "gap";
export const HISTORY_KEPT = 200;

/** What a snapshot still lacks, as the request that brings it. */
export type PageRequest =
  | { name: "room:members"; payload: { room: string; cursor: string } }
  | { name: "state:get"; payload: { room: string; cursor: string } }
  | { name: "room:history"; payload: { room: string; after: number } };
export type Page = MembersPage | StatePage | HistoryPage;

export interface Snapshot {
  view: RoomView;
  /** History that continues what was known: to be handed on, in order, once the snapshot is complete. */
  events: EventTriple[];
  /** False: what was known and `view` have a hole between them (F8). Meaningless on a first join. */
  continued: boolean;
  pages: PageRequest[];
}

const NOBODY: ReadonlyMap<string, Member> = new Map();

/** F1: one rule for both kinds of diff. Values are absolute, so an overlap is harmless. */
function position(own: number, { from, to }: { from: number; to: number }): "old" | "next" | Gap {
  if (to <= own) return "old";
  return from <= own ? "next" : "gap";
}

function foldRoster(roster: Roster, diff: RosterDiff): Roster | Gap {
  const at = position(roster.version, diff);
  if (at === "old") return roster;
  if (at === "gap" || roster.mode === "occupancy") return "gap"; // F4
  const members = new Map(roster.members);
  for (const user of diff.left ?? []) members.delete(user);
  for (const member of [...(diff.joined ?? []), ...(diff.updated ?? [])]) members.set(member.user, member);
  return { ...roster, count: diff.count, version: diff.to, members };
}

/** F3: versions jump here, for there is nothing to continue but a number. */
function foldOccupancy(roster: Roster, { version, count }: Occupancy): Roster {
  if (version <= roster.version) return roster;
  return { mode: "occupancy", count, version, wholeAt: version, members: NOBODY };
}

function foldState(state: State, diff: StateDiff): State | Gap {
  const at = position(state.version, diff);
  if (at !== "next") return at === "old" ? state : "gap";
  const entries = new Map(state.entries);
  for (const key of diff.deleted ?? []) entries.delete(key);
  for (const entry of diff.set ?? []) entries.set(entry.key, entry);
  return { ...state, version: diff.to, entries };
}

/** F5: numbers are consecutive. */
function foldHistory(history: History, event: EventTriple, seq: number): History | Gap {
  if (seq <= history.seq) return history;
  if (seq > history.seq + 1) return "gap";
  return { seq, events: [...history.events, event].slice(-HISTORY_KEPT) };
}

function withPart<K extends "roster" | "state" | "history">(view: RoomView, key: K, part: RoomView[K] | Gap) {
  if (part === "gap") return part;
  return part === view[key] ? view : { ...view, [key]: part };
}

/** Folds one message of the room. The same view when it tells nothing new; `"gap"` when something before it is missing. */
export function reduce(view: RoomView, event: EventTriple): RoomView | Gap {
  const [name, payload, meta] = event;
  if (name === "room:roster" || name === "room:occupancy" || name === "room:state") {
    const diff = payload as RosterDiff & Occupancy & StateDiff;
    if (diff.epoch !== view.epoch) return "gap"; // F2
    if (name === "room:state") return withPart(view, "state", foldState(view.state, diff));
    return withPart(view, "roster", (name === "room:roster" ? foldRoster : foldOccupancy)(view.roster, diff));
  }
  return meta?.seq === undefined ? view : withPart(view, "history", foldHistory(view.history, event, meta.seq));
}

/** F6: a page read later than the snapshot runs ahead of it; what it already contains comes again as a diff. */
function paged<T extends { version: number; wholeAt: number }>(part: T, page: { version: number }): T {
  return {
    ...part,
    version: Math.min(part.version, page.version),
    wholeAt: Math.max(part.wholeAt, page.version),
  };
}

const byUser = (members: readonly Member[]) => members.map((member) => [member.user, member] as const);
const byKey = (entries: readonly Entry[]) => entries.map((entry) => [entry.key, entry] as const);

function rosterOf(known: Roster | undefined, { mode, count, roster }: JoinAck): Roster | Gap {
  const { version, members, delta } = roster;
  if (mode === "occupancy") return { mode, count, version, wholeAt: version, members: NOBODY };
  if (members) return { mode, count, version, wholeAt: version, members: new Map(byUser(members)) };
  const next = known && delta ? foldRoster(known, delta) : known;
  return next && next !== "gap" && next.mode === mode && next.version === version ? next : "gap"; // F7
}

function stateOf(known: State | undefined, { state }: JoinAck): State | Gap {
  const { version, entries, delta } = state;
  if (entries) return { version, wholeAt: version, entries: new Map(byKey(entries)) };
  const next = known && delta ? foldState(known, delta) : known;
  return next && next !== "gap" && next.version === version ? next : "gap"; // F7
}

/** Folds the answer to a join, `known` being the view whose `haveOf` was sent with it. */
export function fromJoin(known: RoomView | undefined, ack: JoinAck): Snapshot | Gap {
  const { room, epoch } = ack;
  const same = known?.epoch === epoch ? known : undefined;
  const roster = rosterOf(same?.roster, ack);
  const state = stateOf(same?.state, ack);
  if (roster === "gap" || state === "gap") return "gap";

  const { seq, events = [], next } = ack.history;
  const continued = same !== undefined && (events[0]?.[2].seq ?? seq + 1) === same.history.seq + 1; // F8
  const view: RoomView = { epoch, roster, state, history: continued ? same.history : { seq, events } };
  const pages: PageRequest[] = [];
  const { members, next: moreMembers } = ack.roster;
  const { entries, next: moreEntries } = ack.state;
  if (members && moreMembers) pages.push({ name: "room:members", payload: { room, cursor: moreMembers } });
  if (entries && moreEntries) pages.push({ name: "state:get", payload: { room, cursor: moreEntries } });
  if (continued && next) pages.push({ name: "room:history", payload: { room, after: next } });
  const snapshot = { view, events: [], continued, pages };
  return continued ? addEvents(snapshot, events) : snapshot;
}

/** Adds the answer to `snapshot.pages[0]`. */
export function addPage(snapshot: Snapshot, page: Page): Snapshot | Gap {
  const { view } = snapshot;
  const [asked, ...pages] = snapshot.pages;
  if (!asked || page.epoch !== view.epoch) return "gap";
  const { room } = asked.payload;
  if ("members" in page) {
    const members = new Map([...view.roster.members, ...byUser(page.members)]);
    if (page.next) pages.push({ name: "room:members", payload: { room, cursor: page.next } });
    return { ...snapshot, pages, view: { ...view, roster: { ...paged(view.roster, page), members } } };
  }
  if ("entries" in page) {
    const entries = new Map([...view.state.entries, ...byKey(page.entries)]);
    if (page.next) pages.push({ name: "state:get", payload: { room, cursor: page.next } });
    return { ...snapshot, pages, view: { ...view, state: { ...paged(view.state, page), entries } } };
  }
  if (page.next) pages.push({ name: "room:history", payload: { room, after: page.next } });
  return addEvents({ ...snapshot, pages }, page.events);
}

/** Folds events that continue the snapshot's history; those that were new are handed on. */
function addEvents(snapshot: Snapshot, events: readonly EventTriple[]): Snapshot | Gap {
  let { view } = snapshot;
  const fresh: EventTriple[] = [];
  for (const event of events) {
    const next = reduce(view, event);
    if (next === "gap") return "gap";
    if (next !== view) fresh.push(event);
    view = next;
  }
  return { ...snapshot, view, events: [...snapshot.events, ...fresh] };
}

/** F6: every part is of one time. Until then nobody should see it. */
export function isWhole({ roster, state }: RoomView): boolean {
  return roster.version >= roster.wholeAt && state.version >= state.wholeAt;
}

/**
 * What to tell the server when joining again; not `trusted`: the history alone, so that the rest comes whole.
 * F9: a client that forgot the members must not ask for a delta of them.
 */
export function haveOf({ epoch, roster, state, history }: RoomView, trusted = true): JoinHave {
  return {
    epoch,
    ...(trusted && roster.mode === "roster" && { roster: roster.version }),
    ...(trusted && { state: state.version }),
    history: history.seq,
  };
}

/** A view as plain, ordered data: two clients that know the same give the same text. For tests of convergence. */
export function canonical({ epoch, roster, state, history }: RoomView) {
  const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, v]) => v);
  const { mode, count, version } = roster;
  return {
    epoch,
    roster: { mode, count, version, members: sorted(roster.members) },
    state: { version: state.version, entries: sorted(state.entries) },
    seq: history.seq,
  };
}
