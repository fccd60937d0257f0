/**
 * The ack of a join: per stream a delta where the client's version allows one, else a snapshot.
 *
 * What is read is read after the join was committed, so it may already hold changes that the log tells later. Of roster
 * and state that is harmless: a diff whose `to` the client has is dropped. Events of the history are no diffs: the ack ends
 * with the newest of when the session joined, and those after it come from the log alone. Nothing that the log told before
 * `position` can be lacking.
 */

import type { Entry, EventTriple, JoinAck, JoinHave, Member, RosterDiff, StateDiff } from "@rollcall/contracts";
import { RollcallError } from "@rollcall/contracts";
import type { HistoryRead, JoinFacts, PresenceStore, RoomName, RoomVersions, StateAsk, StateRead } from "../store.ts";
import { type KeptReads, ROSTER_PAGE, type RosterRead } from "./kept-reads.ts";
import { entryView, fitting, memberView } from "./views.ts";

export interface RoomSnapshot extends RoomVersions {
  /** As many as fit into an ack. */
  members: Member[];
}

/** As the wire says it; `entries` undefined: the version asked for is not covered any more. */
type StateView = Omit<StateRead, "entries"> & { entries: Entry[] | undefined };

export interface JoinAsk extends RoomName {
  have: JoinHave | undefined;
  last: number | undefined;
}

/** What this join needs beside its own facts; undefined = nothing has to be read. */
export interface JoinReads {
  roster: RoomSnapshot | undefined;
  /** Since the client's version, or all. */
  state: { read: StateView; delta: boolean } | undefined;
  history: HistoryRead | undefined;
}

/** Joins share what they read, and those of one batch what is made of it: a room is often joined by many at once. */
export interface JoinReader {
  roster(name: RoomName, facts: JoinFacts): Promise<RoomSnapshot>;
  state(name: RoomName): Promise<StateView>;
  store: Pick<PresenceStore, "state" | "history">;
  kept: KeptReads;
  /** For one stream of one ack. */
  maxBytes: number;
}

const RESUMED_EVENTS = 100;

export function createJoinReader(store: PresenceStore, kept: KeptReads, maxBytes: number): JoinReader {
  const fitted = new Map<RosterRead, RoomSnapshot>();
  const readRoster = async (name: RoomName): Promise<RosterRead> => {
    const { members, ...versions } = await store.room(name, { after: "", limit: ROSTER_PAGE });
    return { ...versions, members: members.map(memberView) };
  };
  const once = <T>(read: (name: RoomName) => Promise<T>) => {
    const reading = new Map<string, Promise<T>>();
    return (name: RoomName) => {
      const key = `${name.tenant} ${name.namespace} ${name.room}`;
      const known = reading.get(key) ?? read(name);
      reading.set(key, known);
      return known;
    };
  };
  return {
    async roster(name, facts) {
      const read = await kept.roster(name, facts, () => readRoster(name));
      const snapshot = fitted.get(read) ?? { ...read, members: fitting(read.members, maxBytes) };
      fitted.set(read, snapshot);
      return snapshot;
    },
    state: once((name) => viewState(store, name, { which: "page", after: "", bytes: maxBytes })),
    store,
    kept,
    maxBytes,
  };
}

async function viewState(store: Pick<PresenceStore, "state">, name: RoomName, ask: StateAsk): Promise<StateView> {
  const { entries, ...read } = await store.state(name, ask);
  return { ...read, entries: entries?.map(entryView) };
}

export async function readForJoin(reader: JoinReader, ask: JoinAsk, facts: JoinFacts): Promise<JoinReads> {
  const [roster, state, history] = await Promise.all([
    facts.occupancy || rosterDelta(ask.have, facts) !== undefined ? undefined : reader.roster(ask, facts),
    readState(reader, ask, facts),
    readHistory(reader, ask, facts),
  ]);
  // The room ended and began anew between the join and the read: the session is not in it any more.
  const epochs = [roster?.roomEpoch, state?.read.roomEpoch, history?.roomEpoch];
  if (epochs.some((epoch) => epoch !== undefined && epoch !== facts.roomEpoch)) throw new RollcallError("UNAVAILABLE");
  return { roster, state, history };
}

const sameLife = (have: JoinHave | undefined, facts: JoinFacts): have is JoinHave => have?.epoch === facts.roomEpoch;

interface Delta {
  from: number;
  change: JoinFacts["change"];
}

/** What the client lacks is nothing, or its own join. */
function rosterDelta(have: JoinHave | undefined, facts: JoinFacts): Delta | undefined {
  if (!sameLife(have, facts) || have.roster === undefined) return undefined;
  if (have.roster === facts.version) return { from: facts.version, change: undefined };
  if (facts.change !== undefined && have.roster === facts.change.from)
    return { from: have.roster, change: facts.change };
  return undefined;
}

async function readState(reader: JoinReader, ask: JoinAsk, facts: JoinFacts): Promise<JoinReads["state"]> {
  const { have } = ask;
  if (sameLife(have, facts) && have.state !== undefined) {
    if (have.state === facts.stateVersion) return undefined;
    const read = await viewState(reader.store, ask, { which: "since", version: have.state });
    // A delta comes whole or not at all: what does not fit begins anew, by pages.
    const { entries, deleted } = read;
    if (entries !== undefined && bytesOf(entries, deleted) <= reader.maxBytes) return { read, delta: true };
  }
  return facts.stateVersion === 0 ? undefined : { read: await reader.state(ask), delta: false };
}

const bytesOf = (entries: readonly Entry[], deleted: readonly string[]): number =>
  Buffer.byteLength(JSON.stringify([entries, deleted]));

async function readHistory(reader: JoinReader, ask: JoinAsk, facts: JoinFacts): Promise<HistoryRead | undefined> {
  const { have, last = 0 } = ask;
  const after = sameLife(have, facts) ? have.history : undefined;
  if (after === facts.seq) return undefined;
  if (after !== undefined && after < facts.seq) {
    const read = await reader.kept.history(ask, after, facts, () =>
      reader.store.history(ask, { after, limit: RESUMED_EVENTS + 1, newest: false }),
    );
    if (read.seqs[0] === after + 1) return read;
  }
  if (last === 0 || facts.seq === 0) return undefined;
  return await reader.store.history(ask, { before: facts.seq + 1, limit: last, newest: true });
}

export function joinAck(
  ask: JoinAsk,
  facts: JoinFacts,
  reads: JoinReads,
  options: { stale: boolean; maxBytes: number },
): JoinAck {
  const { have } = ask;
  const roster = rosterOf(ask, facts, reads.roster);
  const state = stateOf(ask, facts, reads.state);
  const history = historyOf(ask, facts, reads.history, options.maxBytes);
  const continued =
    (have?.roster === undefined || roster.continued) &&
    (have?.state === undefined || state.continued) &&
    (have?.history === undefined || history.continued);
  return {
    room: ask.room,
    epoch: facts.roomEpoch,
    resumed: sameLife(have, facts) && continued,
    mode: (reads.roster ?? facts).occupancy ? "occupancy" : "roster",
    count: (reads.roster ?? facts).count,
    roster: roster.ack,
    state: state.ack,
    history: history.ack,
    ...(options.stale ? { stale: true } : {}),
  };
}

interface Stream<A> {
  ack: A;
  continued: boolean;
}

function rosterOf(ask: JoinAsk, facts: JoinFacts, snapshot: RoomSnapshot | undefined): Stream<JoinAck["roster"]> {
  const { room, have } = ask;
  const now = snapshot ?? facts;
  if (now.occupancy) {
    return { ack: { version: now.version }, continued: sameLife(have, facts) && have.roster !== undefined };
  }
  const delta = rosterDelta(have, facts);
  if (delta !== undefined) {
    const { version, count, roomEpoch: epoch } = facts;
    const member = delta.change === undefined ? {} : { [delta.change.kind]: [JSON.parse(delta.change.member)] };
    const diff: RosterDiff = { room, epoch, from: delta.from, to: version, ...member, count };
    return { ack: { version, delta: diff }, continued: true };
  }
  const { members = [] } = snapshot ?? {};
  const next = members.length < now.count && members.length > 0 ? { next: members.at(-1)!.user } : {};
  return { ack: { version: now.version, members, ...next }, continued: false };
}

function stateOf({ room, have }: JoinAsk, facts: JoinFacts, reads: JoinReads["state"]): Stream<JoinAck["state"]> {
  const { roomEpoch: epoch } = facts;
  if (reads === undefined) {
    const version = facts.stateVersion;
    const current = sameLife(have, facts) && have.state === version;
    if (!current) return { ack: { version, entries: [] }, continued: false };
    return { ack: { version, delta: { room, epoch, from: version, to: version } }, continued: true };
  }
  const { version, entries = [], deleted, more } = reads.read;
  if (reads.delta) {
    const diff: StateDiff = {
      room,
      epoch,
      from: have!.state!,
      to: version,
      ...(entries.length > 0 ? { set: entries } : {}),
      ...(deleted.length > 0 ? { deleted } : {}),
    };
    return { ack: { version, delta: diff }, continued: true };
  }
  const next = more ? { next: entries.at(-1)!.key } : {};
  return { ack: { version, entries, ...next }, continued: false };
}

function historyOf(
  { have }: JoinAsk,
  facts: JoinFacts,
  read: HistoryRead | undefined,
  maxBytes: number,
): Stream<JoinAck["history"]> {
  const wanted = sameLife(have, facts) && have.history !== undefined;
  if (read === undefined) {
    const continued = wanted && have.history === facts.seq;
    return { ack: { seq: facts.seq, ...(continued ? { events: [] } : {}) }, continued };
  }
  const continued = wanted && read.seqs[0] === have.history! + 1;
  if (continued) {
    const known = read.events.slice(0, facts.seq - have.history!);
    const events = fitting(known.slice(0, RESUMED_EVENTS).map(triple), maxBytes);
    const more = events.length < known.length;
    return { ack: { seq: facts.seq, events, ...(more ? { next: read.seqs[events.length - 1]! } : {}) }, continued };
  }
  // The newest that fit; `next` pages back.
  const events = fitting(read.events.map(triple).toReversed(), maxBytes).toReversed();
  const first = read.seqs[read.events.length - events.length];
  const more = first !== undefined && first > 1;
  return { ack: { seq: facts.seq, events, ...(more ? { next: first } : {}) }, continued: false };
}

const triple = (json: string): EventTriple => JSON.parse(json) as EventTriple;
