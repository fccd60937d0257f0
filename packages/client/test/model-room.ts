/**
 * The server's side of a room, as the wire describes it and as simply as possible: every version is kept, so that any
 * snapshot, any page and any merge of diffs can be made.
 */

import type {
  Entry,
  EventTriple,
  JoinAck,
  JoinHave,
  Member,
  MembersPage,
  Meta,
  RosterDiff,
  StateDiff,
  StateOp,
  StatePage,
} from "../src/wire.ts";

export type Change =
  | { kind: "join" | "update"; user: string; info: unknown }
  | { kind: "leave"; user: string }
  | { kind: "set"; key: string; value: unknown }
  | { kind: "delete"; key: string }
  | { kind: "say"; text: number };

type Version<T> = ReadonlyMap<string, T>;

export class ModelRoom {
  readonly room: string;
  epoch = "c0.1";
  /** Index = version. */
  rosters: Version<Member>[] = [new Map()];
  states: Version<Entry>[] = [new Map()];
  events: EventTriple[] = [];
  /** Events with a number up to this one are gone. */
  trimmed = 0;
  /** Entries a page holds; small, so that snapshots have pages. */
  pageSize = Number.POSITIVE_INFINITY;
  /** Above this many members there is no list. */
  rosterLimit = Number.POSITIVE_INFINITY;
  mode: "roster" | "occupancy" = "roster";
  private messages = 0;

  constructor(room = "doc:1") {
    this.room = room;
  }

  get rosterVersion() {
    return this.rosters.length - 1;
  }
  get stateVersion() {
    return this.states.length - 1;
  }

  /** Applies a change; the message it causes, if it changes anything. */
  apply(change: Change): EventTriple | undefined {
    const roster = new Map(this.rosters.at(-1)!);
    const state = new Map(this.states.at(-1)!);
    switch (change.kind) {
      case "join":
      case "update": {
        const { user, info } = change;
        if ((change.kind === "update") !== roster.has(user)) return undefined;
        roster.set(user, { user, info, devices: 1, since: `2026-01-01T00:00:00.${user.length}Z` });
        this.rosters.push(roster);
        return this.rosterMessage(this.rosterVersion - 1);
      }
      case "leave":
        if (!roster.delete(change.user)) return undefined;
        this.rosters.push(roster);
        return this.rosterMessage(this.rosterVersion - 1);
      case "set":
        state.set(change.key, { key: change.key, value: change.value, version: this.stateVersion + 1 });
        this.states.push(state);
        return this.message("room:state", this.stateDiff(this.stateVersion - 1));
      case "delete":
        if (!state.delete(change.key)) return undefined;
        this.states.push(state);
        return this.message("room:state", this.stateDiff(this.stateVersion - 1));
      case "say":
        return this.say("chat:said", change.text);
    }
  }

  /** An event of the history. */
  say(name: string, data: unknown, more: Partial<Meta> = {}): EventTriple {
    const seq = this.events.length + 1;
    const event: EventTriple = [name, data, { id: `${this.epoch}-${seq}`, ts: "", room: this.room, ...more, seq }];
    this.events.push(event);
    return event;
  }

  /** A patch whose conditions hold: one version, whatever it touches. */
  patch(ops: readonly StateOp[], by: string): EventTriple {
    const state = new Map(this.states.at(-1)!);
    const version = this.states.length;
    for (const op of ops) {
      const { key } = op;
      if (op.op === "delete") state.delete(key);
      else {
        const value = op.op === "set" ? op.value : Number(state.get(key)?.value ?? 0) + op.by;
        state.set(key, { key, value, version, by });
      }
    }
    this.states.push(state);
    return this.message("room:state", this.stateDiff(version - 1));
  }

  /** A new life, or a rewound record. */
  rebirth(): void {
    this.epoch = `c0.${Number(this.epoch.split(".")[1]) + 1}`;
    this.rosters = [new Map(), this.rosters.at(-1)!];
    this.states = [new Map(), this.states.at(-1)!];
    this.events = [];
    this.trimmed = 0;
  }

  private message(name: string, payload: unknown): EventTriple {
    return [name, payload, { id: `${this.room}-${++this.messages}`, ts: "", room: this.room }];
  }

  private rosterMessage(from: number): EventTriple {
    const count = this.rosters.at(-1)!.size;
    if (count > this.rosterLimit) this.mode = "occupancy";
    if (this.mode === "roster") return this.message("room:roster", this.rosterDiff(from));
    return this.message("room:occupancy", { room: this.room, epoch: this.epoch, version: this.rosterVersion, count });
  }

  /** The merge of all diffs between two versions. */
  rosterDiff(from: number, to = this.rosterVersion): RosterDiff {
    const before = this.rosters[from]!;
    const after = this.rosters[to]!;
    const touched = new Set<string>();
    for (let v = from + 1; v <= to; v++) {
      const [a, b] = [this.rosters[v - 1]!, this.rosters[v]!];
      for (const user of new Set([...a.keys(), ...b.keys()])) if (a.get(user) !== b.get(user)) touched.add(user);
    }
    const now = [...touched].flatMap((user) => after.get(user) ?? []);
    return {
      room: this.room,
      epoch: this.epoch,
      from,
      to,
      joined: now.filter(({ user }) => !before.has(user)),
      updated: now.filter(({ user }) => before.has(user)),
      left: [...touched].filter((user) => !after.has(user)),
      count: after.size,
    };
  }

  stateDiff(from: number, to = this.stateVersion): StateDiff {
    const touched = new Set<string>();
    for (let v = from + 1; v <= to; v++) {
      const [a, b] = [this.states[v - 1]!, this.states[v]!];
      for (const key of new Set([...a.keys(), ...b.keys()])) if (a.get(key) !== b.get(key)) touched.add(key);
    }
    const after = this.states[to]!;
    return {
      room: this.room,
      epoch: this.epoch,
      from,
      to,
      set: [...touched].flatMap((key) => after.get(key) ?? []),
      deleted: [...touched].filter((key) => !after.has(key)),
    };
  }

  /** The answer to a join, read at the given versions (default: now). */
  ack(have?: JoinHave, roster = this.rosterVersion, state = this.stateVersion): JoinAck {
    const same = have?.epoch === this.epoch;
    const members = this.membersPage(undefined, roster);
    const entries = this.statePage(undefined, state);
    const seq = this.events.length;
    const rosterPart =
      this.mode === "occupancy"
        ? {}
        : same && have.roster === roster
          ? { delta: this.rosterDiff(roster, roster) }
          : { members: members.members, ...(members.next && { next: members.next }) };
    const statePart =
      same && have.state !== undefined && have.state <= state
        ? { delta: this.stateDiff(have.state, state) }
        : { entries: entries.entries, ...(entries.next && { next: entries.next }) };
    const continued = same && have.history !== undefined && have.history >= this.trimmed;
    const after = continued ? this.events.slice(have.history) : [];
    const shown = after.slice(0, this.pageSize);
    return {
      room: this.room,
      epoch: this.epoch,
      resumed: continued && "delta" in rosterPart && "delta" in statePart,
      mode: this.mode,
      count: this.rosters[roster]!.size,
      roster: { version: roster, ...rosterPart },
      state: { version: state, ...statePart },
      history: {
        seq,
        ...(continued && { events: shown }),
        ...(shown.length < after.length && { next: shown.at(-1)![2].seq! }),
      },
    };
  }

  membersPage(cursor: string | undefined, version = this.rosterVersion): MembersPage {
    const { items, next } = this.slice(this.rosters[version]!, cursor);
    return { epoch: this.epoch, version, count: this.rosters[version]!.size, members: items, ...(next && { next }) };
  }

  statePage(cursor: string | undefined, version = this.stateVersion): StatePage {
    const { items, next } = this.slice(this.states[version]!, cursor);
    return { epoch: this.epoch, version, entries: items, ...(next && { next }) };
  }

  historyPage(after: number) {
    const rest = this.events.slice(Math.max(after, this.trimmed));
    const events = rest.slice(0, this.pageSize);
    const next = events.length < rest.length ? events.at(-1)![2].seq! : undefined;
    return { epoch: this.epoch, seq: this.events.length, events, ...(next && { next }) };
  }

  /** Pages by name: whatever is inserted or removed meanwhile, what stays is on exactly one page. */
  private slice<T>(map: Version<T>, cursor = ""): { items: T[]; next?: string } {
    const names = [...map.keys()].sort().filter((name) => name > cursor);
    const shown = names.slice(0, this.pageSize);
    return {
      items: shown.map((name) => map.get(name)!),
      ...(shown.length < names.length && { next: shown.at(-1)! }),
    };
  }
}
