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

/** Named items under one version. Members by user, entries by key. */
export interface Versioned<T> {
  readonly version: number;
  /** The newest version a page was read at: until `version` reaches it, the items are of different times (F6). */
  readonly wholeAt: number;
  readonly items: ReadonlyMap<string, T>;
}

export interface Roster extends Versioned<Member> {
  /** `occupancy`: too many to list; only `count` is known. */
  readonly mode: "roster" | "occupancy";
  readonly count: number;
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
  readonly state: Versioned<Entry>;
  readonly history: History;
}

export type Gap = "gap";
export const HISTORY_KEPT = 200;

/** The request that brings what a snapshot still lacks. */
export type PageRequest = readonly [
  name: "room:members" | "state:get" | "room:history",
  where: { readonly cursor: string } | { readonly after: number },
];
export type Page = MembersPage | StatePage | HistoryPage;

export interface Snapshot {
  readonly view: RoomView;
  /** History that continues what was known: to be handed on, in order, once the snapshot is complete. */
  readonly events: readonly EventTriple[];
  /** False: what was known and `view` have a hole between them (F8). Meaningless on a first join. */
  readonly continued: boolean;
  readonly pages: readonly PageRequest[];
}

const byUser = (list: readonly Member[] = []) => list.map((member) => [member.user, member] as const);
const byKey = (list: readonly Entry[] = []) => list.map((entry) => [entry.key, entry] as const);
type Named<T> = (readonly [string, T])[];

/** F1: one rule for both kinds of diff. Values are absolute, so an overlap is harmless. */
function fold<T, P extends Versioned<T>>(
  part: P,
  { from, to }: StateDiff | RosterDiff,
  put: Named<T>,
  gone: string[] = [],
) {
  if (to <= part.version) return part;
  if (from > part.version) return "gap";
  const items = new Map(part.items);
  for (const name of gone) items.delete(name);
  for (const [name, item] of put) items.set(name, item);
  return { ...part, version: to, items };
}

const foldState = (state: Versioned<Entry>, diff: StateDiff) => fold(state, diff, byKey(diff.set), diff.deleted);

function foldRoster(roster: Roster, diff: RosterDiff): Roster | Gap {
  const next = fold(roster, diff, byUser([...(diff.joined ?? []), ...(diff.updated ?? [])]), diff.left);
  if (next === "gap" || next === roster) return next;
  return roster.mode === "occupancy" ? "gap" : { ...next, count: diff.count }; // F4
}

const snapshotOf = <T>(version: number, named: Named<T>): Versioned<T> => ({
  version,
  wholeAt: version,
  items: new Map(named),
});

const crowd = (version: number, count: number): Roster => ({ ...snapshotOf(version, []), mode: "occupancy", count });

/** F3: versions jump here, for there is nothing to continue but a number. */
const foldOccupancy = (roster: Roster, { version, count }: Occupancy): Roster =>
  version > roster.version ? crowd(version, count) : roster;

/** F5: numbers are consecutive. */
function foldHistory(history: History, event: EventTriple, seq: number): History | Gap {
  if (seq <= history.seq) return history;
  if (seq > history.seq + 1) return "gap";
  return { seq, events: [...history.events, event].slice(-HISTORY_KEPT) };
}

type Part = Exclude<keyof RoomView, "epoch">;

/** F2: versions compare within an epoch only. */
function put(view: RoomView, { epoch }: { epoch: string }, key: Part, part: RoomView[Part] | Gap): RoomView | Gap {
  if (part === "gap" || epoch !== view.epoch) return "gap";
  return part === view[key] ? view : { ...view, [key]: part };
}

/** Folds one message of the room. The same view when it tells nothing new; `"gap"` when something before it is missing. */
export function reduce(view: RoomView, event: EventTriple): RoomView | Gap {
  const [name, payload, meta] = event;
  const { roster, state, history } = view;
  switch (name) {
    case "room:roster":
      return put(view, payload as RosterDiff, "roster", foldRoster(roster, payload as RosterDiff));
    case "room:occupancy":
      return put(view, payload as Occupancy, "roster", foldOccupancy(roster, payload as Occupancy));
    case "room:state":
      return put(view, payload as StateDiff, "state", foldState(state, payload as StateDiff));
    default:
      return meta?.seq === undefined ? view : put(view, view, "history", foldHistory(history, event, meta.seq));
  }
}

/** F7: what a join's answer says of one part: all of it, or how it goes on from what is known, or nothing that fits. */
function answered<T, D, P extends Versioned<T>>(
  known: P | undefined,
  { version, delta }: { version: number; delta?: D },
  all: Versioned<T> | undefined,
  follow: (known: P, diff: D) => P | Gap,
): P | Versioned<T> | undefined {
  if (all) return all;
  const next = known && delta ? follow(known, delta) : known;
  return next !== "gap" && next?.version === version ? next : undefined;
}

/** Folds the answer to a join, `known` being the view whose `haveOf` was sent with it. */
export function fromJoin(known: RoomView | undefined, ack: JoinAck): Snapshot | Gap {
  const { epoch, mode, count } = ack;
  const { members, version } = ack.roster;
  const { entries } = ack.state;
  const same = known?.epoch === epoch ? known : undefined;
  const listed = same?.roster.mode === "roster" ? same.roster : undefined;
  const roster =
    mode === "occupancy"
      ? crowd(version, count)
      : answered(listed, ack.roster, members && snapshotOf(version, byUser(members)), foldRoster);
  const state = answered(same?.state, ack.state, entries && snapshotOf(ack.state.version, byKey(entries)), foldState);
  if (!roster || !state) return "gap";

  const { seq, events = [], next } = ack.history;
  const continued = same !== undefined && (events[0]?.[2].seq ?? seq + 1) === same.history.seq + 1; // F8
  const history = continued ? same.history : { seq, events };
  const pages = [
    ...more("room:members", members && ack.roster.next),
    ...more("state:get", entries && ack.state.next),
    ...more("room:history", continued ? next : undefined),
  ];
  const whole = roster === same?.roster ? same.roster : { ...roster, mode, count };
  return addEvents(
    { view: { epoch, roster: whole, state, history }, events: [], continued, pages },
    continued ? events : [],
  );
}

/** Pages of history go by number, the others by cursor. */
function more(name: PageRequest[0], next: string | number | undefined): PageRequest[] {
  return next === undefined ? [] : [[name, typeof next === "number" ? { after: next } : { cursor: next }]];
}

/** Adds the answer to `snapshot.pages[0]`. */
export function addPage(snapshot: Snapshot, page: Page): Snapshot | Gap {
  const { view } = snapshot;
  const [asked, ...rest] = snapshot.pages;
  if (!asked || page.epoch !== view.epoch) return "gap";
  const next: Snapshot = { ...snapshot, pages: [...rest, ...more(asked[0], page.next)] };
  if ("events" in page) return addEvents(next, page.events);
  if ("members" in page) return { ...next, view: { ...view, roster: paged(view.roster, page, byUser(page.members)) } };
  return { ...next, view: { ...view, state: paged(view.state, page, byKey(page.entries)) } };
}

/** F6: a page read later than the snapshot runs ahead of it; what it already contains comes again as a diff. */
function paged<T, P extends Versioned<T>>(part: P, { version }: { version: number }, named: Named<T>): P {
  return {
    ...part,
    version: Math.min(part.version, version),
    wholeAt: Math.max(part.wholeAt, version),
    items: new Map([...part.items, ...named]),
  };
}

/** Folds events that continue the snapshot's history; those that were new are handed on. */
function addEvents(snapshot: Snapshot, more: readonly EventTriple[]): Snapshot | Gap {
  let { view } = snapshot;
  const events = [...snapshot.events];
  for (const event of more) {
    const next = reduce(view, event);
    if (next === "gap") return next;
    if (next !== view) events.push(event);
    view = next;
  }
  return { ...snapshot, view, events };
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
  const sorted = <T>(items: ReadonlyMap<string, T>) =>
    [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, v]) => v);
  const { mode, count, version } = roster;
  return {
    epoch,
    roster: { mode, count, version, members: sorted(roster.items) },
    state: { version: state.version, entries: sorted(state.items) },
    seq: history.seq,
  };
}
