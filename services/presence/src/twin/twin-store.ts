/**
 * The store in memory: the pure core behind the store's interface. For tests and simulations: it is what the Redis
 * store is compared with, and it can be flushed, rewound to an older copy, or given another run, as Redis can.
 */

import { type ErrorCode, type Meta, RollcallError } from "@rollcall/contracts";
import type { LaneOp, LeaseData, RoomRules, RuledOp } from "@rollcall/contracts/internal";
import { type Bounds, type Cell, newCell, type Room, roomRef, type Told } from "../core/cell.ts";
import { look } from "../core/clock.ts";
import { type CellEvent, type Outcome, reduce } from "../core/reduce.ts";
import { memberOf } from "../core/roster.ts";
import { EMPTY_STATE, type StateEntry, since } from "../core/state.ts";
import { newUser, truthOf, type User } from "../core/user.ts";
import type {
  EntryFacts,
  HistoryAsk,
  HistoryRead,
  LaneOutcome,
  OpResult,
  PresenceStore,
  RoomName,
  RoomRead,
  RoomVersions,
  SessionFacts,
  SessionRevocation,
  Stamp,
  StateAsk,
  StateRead,
  SweepAsk,
  SweepReport,
  UserFacts,
  UserRecord,
  UsersRead,
} from "../store.ts";

export type ToldToSockets = Extract<Told, { to: "sockets" }>;
export type ToldToBackends = Extract<Told, { to: "backends" }>;

/** What "Redis" holds: replace it to flush, restore or fail over. */
export interface TwinServer {
  run: string;
  cell: Cell;
  log: ToldToSockets[];
  outbox: ToldToBackends[];
}

export const newTwinServer = (run = "run-1"): TwinServer => ({ run, cell: newCell(), log: [], outbox: [] });

export interface TwinStoreOptions {
  server: TwinServer;
  bounds: Bounds;
  /** Redis time. */
  now(): number;
  onEpoch?(epoch: string): void;
}

export class TwinStore implements PresenceStore {
  readonly #options: TwinStoreOptions;
  #seenEpoch = 0;

  constructor(options: TwinStoreOptions) {
    this.#options = options;
  }

  async hello(edge: string): Promise<LeaseData> {
    return this.#leaseData(this.#apply({ type: "hello", edge }));
  }

  async lease(edge: string): Promise<LeaseData> {
    return this.#leaseData(this.#apply({ type: "lease", edge }));
  }

  async lane(
    edge: string,
    ops: readonly LaneOp[],
    refused: ReadonlyMap<number, ErrorCode> = new Map(),
  ): Promise<LaneOutcome> {
    const results: OpResult[] = [];
    for (const op of ops) {
      const before = this.#server.log.length;
      const outcome = this.#apply({ type: "op", edge, op, refused: refused.get(op.n) });
      if (outcome.type !== "op" || outcome.status !== "OK") return { status: "UNKNOWN_EDGE", ...this.#stamp() };
      results.push(this.#placed(outcome.result, before));
    }
    return { status: "OK", ...this.#stamp(), results };
  }

  async sweep(ask: SweepAsk): Promise<SweepReport> {
    const { well, traceparent } = ask;
    const brake = ask.brake === undefined ? undefined : "outage";
    const outcome = this.#apply({ type: "sweep", well, brake, traceparent });
    if (outcome.type !== "sweep") throw new TypeError("not a sweep");
    const { type: _, ...swept } = outcome;
    return { ...this.#stamp(), ...swept };
  }

  async users(tenant: string, users: readonly string[]): Promise<Stamp & UsersRead> {
    this.#enter();
    const found = users.map((user) => this.#cell.users.get(`${tenant} ${user}`));
    const position = await this.position();
    return {
      ...this.#stamp(),
      users: found.map((user) => (user === undefined ? undefined : this.#facts(user))),
      position,
    };
  }

  async userPage(tenant: string, after: string, limit: number): Promise<Stamp & { count: number; users: UserFacts[] }> {
    this.#enter();
    const all = [...this.#cell.users.values()].filter((user) => user.tenant === tenant);
    const page = all.filter(({ user }) => user > after).toSorted((a, b) => (a.user < b.user ? -1 : 1));
    return { ...this.#stamp(), count: all.length, users: page.slice(0, limit).map((user) => this.#facts(user)) };
  }

  async user(tenant: string, name: string): Promise<UserRecord> {
    this.#enter();
    const { epoch, brake, users, leases, grace } = this.#cell;
    const clock = look(this.#cell.clock, this.#options.now(), brake !== undefined);
    const user = users.get(`${tenant} ${name}`) ?? newUser(tenant, name);
    const left = (deadline: number | undefined) => (deadline === undefined ? undefined : deadline - clock.atMs);
    const sessions = user.sessions.map((session): SessionFacts => {
      const { ns, id, rooms, connectedMs, w: _, ...facts } = session;
      return {
        ...facts,
        ref: { tenant, namespace: ns, user: name, session: id },
        connectedForMs: connectedMs === undefined ? undefined : clock.passedMs - connectedMs,
        memberships: [...rooms],
        leaseLeftMs: left(leases.get(session.edge)),
        graceLeftMs: left(session.lost === undefined ? undefined : grace.get(`${tenant} ${name} ${ns} ${id}`)),
      };
    });
    return {
      epoch: String(epoch),
      brake: brake !== undefined,
      brakeReason: brake?.reason,
      brakeSpentMs: brake?.spentMs ?? 0,
      userEpoch: sessions.length === 0 ? undefined : `${epoch}.${user.birth}`,
      version: user.version,
      hidden: user.hidden,
      sessions,
    };
  }

  async room(name: RoomName, page: { after: string; limit: number }): Promise<RoomRead> {
    const room = this.#room(name);
    const users = [...(room?.roster.keys() ?? [])].filter((user) => user > page.after).toSorted();
    const members = users.slice(0, page.limit).map((user) => memberOf(user, room!.roster.get(user)!));
    return { ...this.#stamp(), ...this.#versions(room), members, position: await this.position() };
  }

  async state(name: RoomName, ask: StateAsk): Promise<Stamp & StateRead> {
    const room = this.#room(name);
    const state = room?.state ?? EMPTY_STATE;
    const all = state.entries;
    const read = { ...this.#stamp(), roomEpoch: this.#epochOf(room), version: state.version, deleted: [] };
    const facts = (keys: readonly string[]) =>
      keys.flatMap((key) => (all.has(key) ? [entryFacts(key, all.get(key)!)] : []));
    if (ask.which === "keys") return { ...read, more: false, entries: facts(ask.keys) };
    if (ask.which === "page") {
      const keys = [...all.keys()].filter((key) => key > ask.after).toSorted();
      return { ...read, more: false, entries: facts(keys) };
    }
    const changes = since(state, ask.version);
    if (changes === undefined) return { ...read, more: false, entries: undefined };
    return { ...read, more: false, entries: facts(changes.set), deleted: changes.deleted };
  }

  async history(name: RoomName, ask: HistoryAsk): Promise<Stamp & HistoryRead> {
    const room = this.#room(name);
    const { after = 0, before = Number.POSITIVE_INFINITY, limit, newest } = ask;
    const horizon = this.#options.now() - (room?.historyTtlMs ?? 0);
    const kept = (room?.history ?? []).filter(({ seq, atMs }) => seq > after && seq < before && atMs > horizon);
    const page = newest ? kept.slice(-limit) : kept.slice(0, limit);
    return {
      ...this.#stamp(),
      roomEpoch: this.#epochOf(room),
      seq: room?.seq ?? 0,
      events: page.map(({ triple }) => JSON.stringify(triple)),
      seqs: page.map(({ seq }) => seq),
    };
  }

  async patch(
    name: RoomName,
    patch: { rules: RoomRules; ops: readonly RuledOp[]; id: string | undefined; traceparent: string | undefined },
  ): Promise<{ epoch: string; version: number }> {
    const outcome = this.#apply({ type: "patch", ...name, ...patch });
    if (outcome.type !== "patch") throw new TypeError("not a patch");
    if (outcome.ok) return { epoch: outcome.epoch, version: outcome.version };
    const { code, details } = outcome.error;
    throw new RollcallError(code, details === undefined ? {} : { details });
  }

  async revoke(revocation: SessionRevocation): Promise<number> {
    const outcome = this.#apply({ type: "revoke", ...revocation });
    return outcome.type === "revoke" ? outcome.revoked : 0;
  }

  async position(): Promise<string> {
    return `${this.#server.log.length}-0`;
  }

  async rooms(tenant: string, namespace: string, page: { prefix: string; after: string; limit: number }) {
    this.#enter();
    const rooms = [...this.#cell.rooms.values()]
      .filter((room) => room.tenant === tenant && room.ns === namespace && room.roster.size > 0)
      .filter(({ room }) => room.startsWith(page.prefix) && room > page.after)
      .toSorted((a, b) => (a.room < b.room ? -1 : 1))
      .slice(0, page.limit);
    const view = ({ room, roster, sinceMs }: Room) => ({ room, count: roster.size, sinceMs });
    return { ...this.#stamp(), rooms: rooms.map(view) };
  }

  get #server(): TwinServer {
    return this.#options.server;
  }
  get #cell(): Cell {
    return this.#server.cell;
  }

  /** One call: raises the epoch first when the server is another one than before. */
  #apply(event: CellEvent): Outcome {
    this.#enter();
    return this.#commit(event);
  }

  #enter(): void {
    const { run, cell } = this.#server;
    if (cell.run !== run) {
      const outcome = this.#commit({ type: "raise", run, seenEpoch: this.#seenEpoch });
      if (outcome.type === "raise" && outcome.raised) this.#options.onEpoch?.(String(this.#cell.epoch));
    }
    this.#seenEpoch = Math.max(this.#seenEpoch, this.#cell.epoch);
  }

  #commit(event: CellEvent): Outcome {
    const { server, bounds, now } = this.#options;
    const step = reduce(server.cell, event, { run: server.run, nowMs: now(), bounds });
    server.cell = step.state;
    for (const told of step.transitions) {
      if (told.to === "sockets") server.log.push(told);
      else server.outbox.push(told);
    }
    return step.outcome;
  }

  #placed(result: OpResult, before: number): OpResult {
    if (result.kind !== "join") return result;
    const place = before + Number(result.facts.position.slice(1));
    return { ...result, facts: { ...result.facts, position: `${place}-0` } };
  }

  #stamp(): Stamp {
    return { epoch: String(this.#cell.epoch), brake: this.#cell.brake !== undefined };
  }

  #leaseData(outcome: Outcome): LeaseData {
    const status = outcome.type === "lease" ? outcome.status : "UNKNOWN_EDGE";
    return { status, ...this.#stamp() };
  }

  #facts(user: User): UserFacts {
    return { user: user.user, ...truthOf(user)!, epoch: `${this.#cell.epoch}.${user.birth}`, version: user.version };
  }

  #room({ tenant, namespace: ns, room }: RoomName): Room | undefined {
    this.#enter();
    return this.#cell.rooms.get(roomRef({ tenant, ns, room }));
  }

  #epochOf(room: Room | undefined): string {
    return `${this.#cell.epoch}.${room?.birth ?? 0}`;
  }

  #versions(room: Room | undefined): RoomVersions {
    return {
      roomEpoch: this.#epochOf(room),
      version: room?.version ?? 0,
      count: room?.roster.size ?? 0,
      occupancy: room?.occupancy ?? false,
      stateVersion: room?.state.version ?? 0,
      seq: room?.seq ?? 0,
    };
  }
}

function entryFacts(key: string, { value, version, by, expiresAtMs, bound }: StateEntry): EntryFacts {
  return { key, value, version, by, expiresAtMs, bound: bound?.session };
}

/** `meta.id` of a message. */
export const idOf = ({ packet }: ToldToSockets): string => (packet[2] as Meta).id;
