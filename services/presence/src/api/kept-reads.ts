/**
 * What joins read of rooms, kept as long as it is true: when an edge dies its clients come back within seconds, batch by
 * batch, and each of a room's members needs what the one before needed.
 *
 * K1 a roster is used again in the same life, for joins that it is not older than: equal versions mean equal state (P6).
 *    Joins whose changes follow on it bring it up to date, and the first of a room makes one: nothing is read then.
 * K2 a part of a history is used again only from the same place on, for joins that it reaches as far as.
 * K3 nothing is kept longer than a few seconds, in which an event may outlive its ttl, and nothing large.
 */

import type { Member } from "@rollcall/contracts";
import type { Clock } from "@rollcall/runtime";
import type { HistoryRead, JoinFacts, RoomName, RoomVersions } from "../store.ts";

/** A roster with all its members up to the limit of a page. */
export interface RosterRead extends RoomVersions {
  members: Member[];
}

const KEPT_MS = 5_000;
const MOST_ROOMS = 500;
/** As many as are read at once: a longer roster is not known whole. */
export const ROSTER_PAGE = 500;
const MOST_HISTORY_CHARS = 32 * 1024;

type Life = Pick<JoinFacts, "roomEpoch">;

/** The newest of each room. The oldest goes when there are too many. */
class Kept<T extends Life> {
  readonly #byRoom = new Map<string, { read: Promise<T>; untilMs: number; value: T | undefined }>();
  readonly #clock: Pick<Clock, "monotonic">;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** `serves`: may the one that is there be used? One that is still being read is waited for and asked then. */
  async get(key: string, serves: (value: T) => boolean, read: () => Promise<T>, keeps: (value: T) => boolean) {
    for (let last: unknown; ; ) {
      const known = this.#byRoom.get(key);
      if (known === undefined || known === last || known.untilMs <= this.#clock.monotonic()) break;
      const value = known.value ?? (await known.read.catch(() => undefined));
      if (value !== undefined && serves(value)) return value;
      last = known; // unless somebody who waited too has begun a newer one
    }
    const reading = read();
    const kept = this.#keep(key, reading, undefined);
    try {
      const value = await reading;
      kept.value = value;
      if (!keeps(value)) this.#forget(key, kept);
      return value;
    } catch (error) {
      this.#forget(key, kept);
      throw error;
    }
  }

  peek(key: string): T | undefined {
    const known = this.#byRoom.get(key);
    return known !== undefined && known.untilMs > this.#clock.monotonic() ? known.value : undefined;
  }

  put(key: string, value: T): void {
    this.#keep(key, Promise.resolve(value), value);
  }

  #keep(key: string, read: Promise<T>, value: T | undefined) {
    const kept = { read, untilMs: this.#clock.monotonic() + KEPT_MS, value };
    this.#byRoom.delete(key);
    this.#byRoom.set(key, kept);
    if (this.#byRoom.size > MOST_ROOMS) this.#byRoom.delete(this.#byRoom.keys().next().value!);
    return kept;
  }

  #forget(key: string, kept: unknown): void {
    if (this.#byRoom.get(key) === kept) this.#byRoom.delete(key);
  }
}

export class KeptReads {
  readonly #rosters: Kept<RosterRead>;
  readonly #histories: Kept<HistoryRead>;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#rosters = new Kept(clock);
    this.#histories = new Kept(clock);
  }

  /** K1. */
  roster(name: RoomName, facts: JoinFacts, read: () => Promise<RosterRead>): Promise<RosterRead> {
    const serves = ({ roomEpoch, version }: RosterRead) => roomEpoch === facts.roomEpoch && version >= facts.version;
    return this.#rosters.get(keyOf(name), serves, read, () => true);
  }

  /** K1. The joins of a batch, in their order. */
  follow(joins: readonly { name: RoomName; facts: JoinFacts }[]): void {
    const byRoom = Map.groupBy(joins, ({ name }) => keyOf(name));
    for (const [key, ofRoom] of byRoom) {
      const known = followed(
        this.#rosters.peek(key),
        ofRoom.map(({ facts }) => facts),
      );
      if (known !== undefined) this.#rosters.put(key, known);
    }
  }

  /** K2. */
  history(name: RoomName, after: number, facts: JoinFacts, read: () => Promise<HistoryRead>): Promise<HistoryRead> {
    const serves = ({ roomEpoch, seq }: HistoryRead) => roomEpoch === facts.roomEpoch && seq >= facts.seq;
    const isSmall = ({ events }: HistoryRead) =>
      events.reduce((sum, { length }) => sum + length, 0) <= MOST_HISTORY_CHARS;
    return this.#histories.get(`${keyOf(name)} ${after}`, serves, read, isSmall);
  }
}

/** The roster after these joins; undefined where it is not known whole, or nothing follows on it. */
function followed(known: RosterRead | undefined, joins: readonly JoinFacts[]): RosterRead | undefined {
  let at = known !== undefined && known.members.length === known.count ? known : undefined;
  const members = new Map(at?.members.map((member) => [member.user, member]));
  let hasChanged = false;
  for (const facts of joins) {
    const { change, ...versions } = facts;
    if (change === undefined || facts.occupancy || facts.count > ROSTER_PAGE) continue;
    const isFirst = change.kind === "joined" && facts.count === 1;
    const follows = at?.roomEpoch === facts.roomEpoch && at.version === change.from;
    if (!isFirst && !follows) continue;
    if (isFirst) members.clear();
    const member = JSON.parse(change.member) as Member;
    members.set(member.user, member);
    at = { ...versions, members: [] };
    hasChanged = true;
  }
  if (at === undefined || !hasChanged) return undefined;
  return { ...at, members: [...members.values()].toSorted((a, b) => (a.user < b.user ? -1 : 1)) };
}

/** Parts of a name hold no spaces. */
const keyOf = ({ tenant, namespace, room }: RoomName): string => `${tenant} ${namespace} ${room}`;
