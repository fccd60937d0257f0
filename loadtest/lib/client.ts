/**
 * A Rollcall client for load tests: a session that survives its connections, its rooms folded from diffs and joined again
 * with `have`, and everything that must not happen counted: gaps, repeats, what no contract declares.
 */

import type { JoinAck, Member, Meta, Occupancy, Reply, RosterDiff, SessionReady, StateDiff } from "@rollcall/client";
import { type Backoff, STOCK_BACKOFF } from "./backoff.ts";
import { CORE_EVENTS } from "./core-events.ts";
import {
  applyHistory,
  applyOccupancy,
  applyRoster,
  applyState,
  fromJoin,
  haveOf,
  type RoomView,
  type Step,
} from "./fold.ts";
import { blame, metrics } from "./metrics.ts";
import { newSession } from "./random.ts";
import { type Edge, patience } from "./settings.ts";
import { CallError, Socket } from "./socket.ts";
import { declared } from "./vocabulary.ts";
import { sleep, until } from "./wait.ts";

export interface ClientOptions {
  user: string;
  token: string;
  edge: Edge;
  namespace?: string;
  /** After the folds: what a scenario looks at. */
  onEvent?: (client: Client, name: string, payload: unknown, meta: Meta) => void;
  /** The connection was closed, and not by this client. */
  onClosed?: (client: Client, why: string) => void;
}

interface Room {
  view: RoomView | undefined;
  info: unknown;
  /** Diffs that came while a snapshot's further pages were fetched. */
  held: RosterDiff[] | undefined;
  joining: boolean;
  /** By this connection: after another one it must be joined anew. */
  joined: boolean;
  /** A member that asks again is told what may also be under way to it: up to here nothing is a repeat. */
  settledTo: number;
}

const DIFFS: ReadonlySet<string> = new Set(["room:roster", "room:state", "room:occupancy"]);
/** Ids of messages remembered for finding repeats. */
const MAX_IDS = 2_000;
const CONNECT_MS = 30_000 * patience;
const MAX_PAGES = 100;
const GOODBYE_MS = 200;

export class Client {
  readonly user: string;
  readonly token: string;
  /** Where the next attempt to connect goes. */
  edge: Edge;
  backoff: Backoff = STOCK_BACKOFF;
  /** What this session last said of itself. */
  status: "active" | "away" | "busy" = "active";
  readonly rooms = new Map<string, Room>();
  ready: SessionReady | undefined;
  /** Connections that were lost without this client's doing. */
  closures = 0;
  #socket: Socket;
  #session = newSession();
  #dialledMs = 0;
  #own = false;
  #refused: string | undefined;
  #ids = new Set<string>();
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.user = options.user;
    this.token = options.token;
    this.edge = options.edge;
    this.#socket = this.#newSocket();
  }

  get tags(): Record<string, string> {
    return { edge: this.edge.name };
  }

  get online(): boolean {
    return this.ready !== undefined;
  }

  isIn(room: string): boolean {
    return this.online && this.rooms.get(room)?.joined === true;
  }

  view(room: string): RoomView | undefined {
    return this.rooms.get(room)?.view;
  }

  /** Rejects with the code of a refusal, or when there is no `session:ready` in time. */
  async connect(): Promise<void> {
    this.#refused = undefined;
    this.#socket.open();
    await until(() => this.online || this.#refused !== undefined, CONNECT_MS);
    if (this.#refused !== undefined) throw new CallError(this.#refused, "the connection was refused");
    if (!this.online) throw new CallError("TIMEOUT", "no session:ready");
  }

  async call<T>(name: string, payload: unknown): Promise<T> {
    const [answer] = (await this.#socket.call(name, [payload, null])) as [Reply<T> | undefined];
    if (answer?.ok === true) return answer.data;
    throw new CallError(answer?.error.code ?? "MALFORMED", answer?.error.message ?? name);
  }

  /** As `call`; what fails is counted as an error and gives undefined. */
  async ask<T>(name: string, payload: unknown): Promise<T | undefined> {
    try {
      return await this.call<T>(name, payload);
    } catch (error) {
      blame("errors", `${name}: ${String(error)}`, { ...this.tags, event: name });
      return undefined;
    }
  }

  /** undefined: it failed, and was counted. Joining again continues what is known. */
  async join(room: string, info?: unknown): Promise<JoinAck | undefined> {
    let state = this.rooms.get(room);
    if (state === undefined) {
      state = { view: undefined, info, held: undefined, joining: false, joined: false, settledTo: 0 };
      this.rooms.set(room, state);
    }
    if (info !== undefined) state.info = info;
    state.joining = true;
    const startMs = Date.now();
    const known = state.view;
    const answer = await this.ask<JoinAck>("room:join", {
      room,
      ...(state.info === undefined ? {} : { info: state.info }),
      ...(known === undefined ? {} : { have: haveOf(known) }),
    });
    state.joining = false;
    if (answer === undefined) return undefined;
    metrics.join.add(Date.now() - startMs, this.tags);
    const view = fromJoin(known, answer);
    if (view === "gap") {
      blame("gaps", `the answer to room:join of ${this.user} leaves one`, this.tags);
      state.view = undefined;
      return undefined;
    }
    state.view = view;
    state.settledTo = state.joined ? answer.history.seq : 0;
    state.joined = true;
    for (const [name, , meta] of answer.history.events ?? []) {
      if (meta.seq !== undefined) this.#judge(applyHistory(view, meta.seq), `${name} after a join`);
    }
    if (answer.roster.next !== undefined) await this.#readOn(room, state, answer.roster.next);
    return answer;
  }

  /** Also forgets it. */
  async leave(room: string): Promise<void> {
    await this.ask("room:leave", { room });
    this.rooms.delete(room);
  }

  /** Loses the connection as a network does, and comes back by itself. */
  drop(): void {
    this.#lose(() => this.#socket.drop());
  }

  /** Loses the connection and stays away. */
  vanish(): void {
    this.#lose(() => this.#socket.drop(false));
    this.#forget();
  }

  /** Says goodbye. */
  logout(): void {
    this.#lose(() => this.#socket.close());
    this.#forget();
  }

  /** Joins all its rooms again; what a client does after it came back. */
  async resume(): Promise<(JoinAck | undefined)[]> {
    return Promise.all([...this.rooms.keys()].map((room) => this.join(room)));
  }

  /** For `onClosed`, where no server may close a connection: counts it, and goes on as any client would. */
  closedByServer(why: string): void {
    blame("closed", `${this.user}: ${why}`, this.tags);
    void until(() => this.online, CONNECT_MS).then(() => this.resume());
  }

  #lose(how: () => void): void {
    this.#own = true;
    this.ready = undefined;
    how();
    this.#own = false;
  }

  /** The next connection is another session, as after a page was opened anew. */
  #forget(): void {
    this.rooms.clear();
    this.status = "active";
    this.#session = newSession();
    this.#socket = this.#newSocket();
  }

  #newSocket(): Socket {
    const { namespace } = this.#options;
    const socket: Socket = new Socket({
      url: () => this.edge.url,
      backoff: () => this.backoff,
      auth: () => ({ token: this.token, session: this.#session, client: "rollcall-loadtest/1", protocol: 1 }),
      ...(namespace === undefined ? {} : { namespace }),
      onDial: () => {
        this.#dialledMs = Date.now();
        for (const room of this.rooms.values()) room.joined = false;
      },
      onConnected: () => this.#ids.clear(),
      onEvent: (name, args) => this.#received(name, args),
      onMalformed: (why) => blame("undeclared", why, this.tags),
      onDisconnected: (why, final) => {
        if (socket !== this.#socket) return;
        const was = this.ready;
        this.ready = undefined;
        if (final && was === undefined) this.#refused = why;
        if (this.#own) return;
        // Back-off before a first connection is no closure.
        if (was !== undefined) {
          this.closures++;
          this.#options.onClosed?.(this, why);
        }
      },
    });
    return socket;
  }

  #received(name: string, args: unknown[]): void {
    const [payload, meta] = args as [unknown, Meta | undefined];
    metrics.received.add(1, { ...this.tags, event: CORE_EVENTS.has(name) || declared.has(name) ? name : "other" });
    if (!(CORE_EVENTS.has(name) || declared.has(name)) || args.length !== 2 || typeof meta?.id !== "string") {
      blame("undeclared", `${name} with ${args.length} arguments`, this.tags);
      return;
    }
    // Diffs may overlap, and be sent again: what is known already changes nothing.
    if (this.#ids.has(meta.id) && !DIFFS.has(name)) {
      blame("repeats", `${name} twice to ${this.user}`, { ...this.tags, event: name });
    }
    if (this.#ids.size >= MAX_IDS) this.#ids.clear();
    this.#ids.add(meta.id);

    if (name === "session:ready") {
      this.ready = payload as SessionReady;
      metrics.connect.add(Date.now() - this.#dialledMs, this.tags);
    } else if (name === "room:resync") void this.#resync(payload as { room: string; spreadMs: number });
    else this.#fold(name, payload, meta);
    this.#options.onEvent?.(this, name, payload, meta);
  }

  #fold(name: string, payload: unknown, meta: Meta): void {
    const room = (payload as { room?: string } | null)?.room ?? meta.room;
    const state = room === undefined ? undefined : this.rooms.get(room);
    if (room === undefined || state?.view === undefined) return;
    const { view } = state;
    let step: Step = "applied";
    if (name === "room:roster") {
      const diff = payload as RosterDiff;
      if (state.held === undefined) step = applyRoster(view, diff);
      else state.held.push(diff);
    } else if (name === "room:occupancy") step = applyOccupancy(view, payload as Occupancy);
    else if (name === "room:state") step = applyState(view, payload as StateDiff);
    else if (meta.seq !== undefined) step = applyHistory(view, meta.seq);
    // What comes while a join is on its way, or was asked for, is settled by its answer; diffs may overlap.
    if (step === "applied" || state.joining || (step === "old" && (meta.seq ?? 0) <= state.settledTo)) return;
    this.#judge(step, `${name} to ${this.user}`);
    if (step === "gap") void this.join(room);
  }

  #judge(step: Step, what: string): void {
    if (step === "gap") blame("gaps", what, this.tags);
    else if (step === "old") blame("repeats", what, this.tags);
  }

  async #resync({ room, spreadMs }: { room: string; spreadMs: number }): Promise<void> {
    const state = this.rooms.get(room);
    if (state === undefined) return;
    state.joining = true;
    await sleep(Math.random() * spreadMs);
    if (this.online && this.rooms.get(room) === state) await this.join(room);
  }

  async #readOn(room: string, state: Room, first: string): Promise<void> {
    state.held = [];
    let cursor: string | undefined = first;
    for (let page = 0; cursor !== undefined && page < MAX_PAGES; page++) {
      const answer: { members: Member[]; next?: string } | undefined = await this.ask("room:members", { room, cursor });
      for (const member of answer?.members ?? []) state.view?.members.set(member.user, member);
      cursor = answer?.next;
    }
    const held = state.held;
    state.held = undefined;
    for (const diff of held) {
      const step = state.view === undefined ? "old" : applyRoster(state.view, diff);
      if (step === "gap") this.#judge(step, `room:roster of ${room}`);
    }
  }
}

/** With time for the goodbyes to be sent: k6 ends an iteration when nothing is left to wait for. */
export async function endAll(clients: readonly Client[]): Promise<void> {
  for (const client of clients) client.logout();
  await sleep(GOODBYE_MS);
}
