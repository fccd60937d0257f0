/** The server's side of one room: every version of it, the log that tells of them, and what a join is answered. */

import type { Entry, EventTriple, JoinAck, JoinHave, Member, Meta } from "@rollcall/contracts";
import { roomTarget } from "@rollcall/contracts";
import type { ReceivedEntry } from "@rollcall/fanout";

export const ROOM = "doc:1";
export const TENANT = "main";
export const NAMESPACE = "/";
const EPOCH = "1.1";

type Items<T> = ReadonlyMap<string, T>;

/** Two that hold the same give the same text. */
export const textOf = (items: Items<unknown>): string =>
  JSON.stringify([...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item));

/** One versioned stream: index = version. */
class Versions<T> {
  readonly #items: Items<T>[] = [new Map()];
  readonly #texts = ["[]"];

  get version(): number {
    return this.#items.length - 1;
  }
  get items(): Items<T> {
    return this.#items.at(-1)!;
  }
  at = (version: number): Items<T> => this.#items[version]!;
  textAt = (version: number): string => this.#texts[version]!;

  put(key: string, item: T | undefined): void {
    const next = new Map(this.items);
    if (item === undefined) next.delete(key);
    else next.set(key, item);
    this.#items.push(next);
    this.#texts.push(textOf(next));
  }
}

export class RoomModel {
  readonly log: ReceivedEntry[] = [];
  readonly state = new Versions<Entry>();
  readonly roster = new Versions<Member>();
  readonly events: EventTriple[] = [];

  /** The place of the newest entry. */
  get position(): string {
    return `${this.log.length}-0`;
  }

  /** `undefined` deletes. */
  write(key: string, value: number | undefined): void {
    if (value === undefined && !this.state.items.has(key)) return;
    const { version } = this.state;
    this.state.put(key, value === undefined ? undefined : { key, value, version: version + 1 });
    this.#tell("room:state", this.#stateDelta(version));
  }

  enter(user: string): void {
    if (this.roster.items.has(user)) return;
    const { version } = this.roster;
    const member = { user, devices: 1, since: "2026-01-01T00:00:00.000Z" };
    this.roster.put(user, member);
    this.#tell("room:roster", this.#rosterDiff(version, { joined: [member] }));
  }

  exit(user: string): void {
    if (!this.roster.items.has(user)) return;
    const { version } = this.roster;
    this.roster.put(user, undefined);
    this.#tell("room:roster", this.#rosterDiff(version, { left: [user] }));
  }

  say(text: number): void {
    const seq = this.events.length + 1;
    this.events.push(this.#tell("chat:said", { text }, { seq }));
  }

  /**
   * What a join that was just committed is answered. Each of the three is read when its turn comes, perhaps after later
   * changes, as presence does it.
   */
  snapshot(have: JoinHave | undefined): { reads: (() => void)[]; ack: () => JoinAck } {
    const known = have?.epoch === EPOCH ? have : undefined;
    let roster!: JoinAck["roster"];
    let state!: JoinAck["state"];
    let history!: JoinAck["history"];
    const reads = [
      () => {
        const { version, items } = this.roster;
        roster = { version, members: [...items.values()] };
      },
      () => {
        const { version, items } = this.state;
        const delta = known?.state === undefined ? undefined : this.#stateDelta(known.state);
        state = delta ? { version, delta } : { version, entries: [...items.values()] };
      },
      () => {
        const events = known?.history === undefined ? undefined : this.events.slice(known.history);
        history = { seq: this.events.length, ...(events && { events }) };
      },
    ];
    const base = { room: ROOM, epoch: EPOCH, resumed: false, mode: "roster" } as const;
    return { reads, ack: () => ({ ...base, count: roster.members!.length, roster, state, history }) };
  }

  #stateDelta(from: number) {
    const [before, after] = [this.state.at(from), this.state.items];
    const set = [...after.values()].filter((entry) => before.get(entry.key) !== entry);
    const deleted = [...before.keys()].filter((key) => !after.has(key));
    return { room: ROOM, epoch: EPOCH, from, to: this.state.version, set, deleted };
  }

  #rosterDiff(from: number, change: object) {
    return { room: ROOM, epoch: EPOCH, from, to: this.roster.version, ...change, count: this.roster.items.size };
  }

  #tell(event: string, payload: object, more: Partial<Meta> = {}): EventTriple {
    const n = this.log.length + 1;
    const packet: EventTriple = [event, payload, { id: `m${n}`, ts: "2026-01-01T00:00:00.000Z", room: ROOM, ...more }];
    this.log.push({
      tenant: TENANT,
      namespace: NAMESPACE,
      targets: [roomTarget(TENANT, ROOM)],
      event,
      mid: `m${n}`,
      packetJson: JSON.stringify(packet),
      position: { cell: "c0", partition: 0, id: `${n}-0` },
      loggedAtMs: n,
    });
    return packet;
  }
}
