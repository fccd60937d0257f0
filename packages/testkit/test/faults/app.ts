/**
 * An app on a stock client, as simple as the wire contract lets one be: it wants to be in rooms, with a status, perhaps
 * watching users, and tries until it is. It moves to another edge when its own does not answer. What it wants is the
 * truth that everything else is compared with.
 */

import type { JoinAck, Member, RosterDiff, UserPresence } from "@rollcall/contracts";
import { type Random, systemClock } from "@rollcall/runtime";
import type { Ack, TestClient } from "../../src/index.ts";
import { RosterView, WatchView } from "./views.ts";

export type Status = "active" | "away" | "busy";

export interface AppOptions {
  user: string;
  client: TestClient;
  /** Addresses of the edges; `edge` is the one it begins with. */
  urls: readonly string[];
  edge: number;
  rooms: readonly string[];
  /** In no roster itself. */
  observe?: boolean;
  watch?: readonly string[];
  random: Random;
}

/** Between two tries of what was refused. */
const RETRY_MS = 200;
const ACK_MS = 6_000;
const WATCH_AT_ONCE = 200;

export class App {
  readonly user: string;
  readonly client: TestClient;
  readonly rosters = new Map<string, RosterView>();
  readonly watching = new WatchView();
  /** Codes of refusals, and reasons of ends, that no fault explains. */
  readonly surprises: string[] = [];
  status: Status = "active";
  here = true;
  readonly observes: boolean;
  edge: number;
  readonly #options: AppOptions;
  readonly #watched: Set<string>;
  /** What is still to be said, and how often it was asked for: asked again meanwhile, it is said again. */
  readonly #due = new Map<string, number>();
  #ready = false;
  #moving = false;
  #driving = false;
  #lastEnd = "none";

  constructor(options: AppOptions) {
    this.#options = options;
    this.user = options.user;
    this.client = options.client;
    this.edge = options.edge;
    this.observes = options.observe === true;
    this.#watched = new Set(options.watch);
    for (const room of options.rooms) this.rosters.set(room, new RosterView());
    this.#listen();
  }

  get connected(): boolean {
    return this.#ready && this.client.socket.connected;
  }
  /** Everything it wants is done, as far as it was told. */
  get settled(): boolean {
    return this.connected && this.#due.size === 0;
  }

  /** Why it is not {@link settled}, for whoever waits for it. */
  get standing(): string {
    return `connected ${this.client.socket.connected}, ready ${this.#ready}, last end: ${this.#lastEnd}, due: ${[...this.#due.keys()]}`;
  }

  set(status: Status): void {
    this.status = status;
    Object.assign(this.client.socket.auth, { presence: { status } });
    this.#want("status");
  }
  join(room: string): void {
    if (!this.rosters.has(room)) this.rosters.set(room, new RosterView());
    this.#want(`room ${room}`);
  }
  leave(room: string): void {
    this.rosters.delete(room);
    this.#want(`room ${room}`);
  }
  watch(users: readonly string[]): void {
    for (const user of users) this.#watched.add(user);
    this.#want("watch");
  }

  /** Goes for good, saying so. */
  goodbye(): void {
    this.here = false;
    this.client.socket.disconnect();
  }
  /** Its connection goes, and it does not come back. */
  vanish(): void {
    this.stayAway();
    this.client.dropConnection();
  }
  /** Will not come back when its connection goes. */
  stayAway(): void {
    this.here = false;
    this.client.socket.io.reconnection(false);
  }
  comeBack(): void {
    this.here = true;
    this.client.socket.io.reconnection(true);
    if (!this.client.socket.connected) this.client.socket.connect();
  }
  /** To another edge, within its grace. */
  moveTo(edge: number): void {
    if (edge === this.edge) return;
    this.#aim(edge);
    if (!this.client.socket.connected) return;
    this.#moving = true;
    this.client.dropConnection();
  }

  /** Says something that may be refused while things are away. True when it was accepted. */
  async say(name: string, payload: unknown, meta?: unknown): Promise<boolean> {
    return this.connected && (await this.#ask(name, payload, meta)) !== undefined;
  }

  #listen(): void {
    const { socket } = this.client;
    const now = () => systemClock.monotonic();
    socket.on("session:ready", () => {
      this.#ready = true;
      for (const room of this.rosters.keys()) this.#want(`room ${room}`);
      this.#want("watch");
    });
    socket.on("disconnect", (reason) => {
      this.#ready = false;
      this.#lastEnd = reason;
      if (reason === "io server disconnect") this.#endedByServer();
      if (!this.#moving) this.#aim(this.edge + 1);
      this.#moving = false;
    });
    socket.io.on("reconnect_error", () => this.#aim(this.edge + 1));
    socket.on("connect_error", (error: Error & { data?: unknown }) => {
      if (error.data !== undefined) this.surprises.push(`refused: ${error.message}`);
    });
    socket.on("room:removed", ({ reason }) => this.surprises.push(`removed: ${reason}`));
    socket.on("room:roster", (diff: RosterDiff) => {
      if (this.rosters.get(diff.room)?.apply(diff, now()) === false) this.#want(`room ${diff.room}`);
    });
    socket.on("room:resync", ({ room, spreadMs }) => this.#later(spreadMs, () => this.#want(`room ${room}`)));
    socket.on("presence:resync", ({ spreadMs }) => this.#later(spreadMs, () => this.#want("watch")));
    socket.on("presence:changed", ({ changes }) => this.watching.changed(changes, now()));
  }

  /** Replaced or revoked: no trial does that. It comes back as an app may, as a new session, so that the next trial has it. */
  #endedByServer(): void {
    const [{ payload } = { payload: undefined }] = this.client.eventsOf("session:revoked").slice(-1);
    this.surprises.push(`ended by the server: ${JSON.stringify(payload)}`);
    Object.assign(this.client.socket.auth, { session: undefined });
    this.#later(RETRY_MS, () => {
      if (this.here) this.client.socket.connect();
    });
  }

  #aim(edge: number): void {
    const { urls } = this.#options;
    this.edge = edge % urls.length;
    Object.assign(this.client.socket.io, { uri: urls[this.edge] });
  }

  #later(spreadMs: number, fn: () => void): void {
    systemClock.setTimer(this.#options.random.float() * spreadMs, fn);
  }

  #want(what: string): void {
    this.#due.set(what, (this.#due.get(what) ?? 0) + 1);
    void this.#drive();
  }

  /** One thing after the other, until nothing is due or there is nobody to say it to. */
  async #drive(): Promise<void> {
    if (this.#driving) return;
    this.#driving = true;
    try {
      while (this.connected && this.#due.size > 0) {
        const [what, asked] = this.#due.entries().next().value as [string, number];
        const said = await this.#say(what);
        if (said && this.#due.get(what) === asked) this.#due.delete(what);
        if (!said) await systemClock.sleep(RETRY_MS);
      }
    } finally {
      this.#driving = false;
    }
  }

  async #say(what: string): Promise<boolean> {
    const [verb, room = ""] = what.split(" ");
    if (verb === "status") return this.say("presence:set", { status: this.status });
    if (verb === "watch") return this.#sayWatch();
    return this.rosters.has(room) ? this.#sayJoin(room) : this.say("room:leave", { room });
  }

  async #sayJoin(room: string): Promise<boolean> {
    const ack = await this.#ask<JoinAck>("room:join", { room, ...(this.observes ? { observe: true } : {}) });
    if (ack === undefined) return false;
    const members: Member[] = [...(ack.roster.members ?? [])];
    for (let cursor = ack.roster.next; cursor !== undefined; ) {
      const page = await this.#ask<{ members: Member[]; next?: string }>("room:members", { room, cursor });
      if (page === undefined) return false;
      members.push(...page.members);
      cursor = page.next;
    }
    this.rosters.get(room)?.snapshot(ack, members, systemClock.monotonic());
    return true;
  }

  async #sayWatch(): Promise<boolean> {
    const users = [...this.#watched];
    for (let at = 0; at < users.length; at += WATCH_AT_ONCE) {
      const ask = { users: users.slice(at, at + WATCH_AT_ONCE) };
      type Read = { users: UserPresence[]; stale?: boolean };
      const read = await this.#ask<Read>("presence:watch", ask, undefined, ({ users, stale }) =>
        this.watching.snapshot(users, stale === true, systemClock.monotonic()),
      );
      if (read === undefined) return false;
    }
    return true;
  }

  /** Undefined when it was refused or not answered. `fold`: before anything that was told after the answer. */
  async #ask<T>(name: string, payload: unknown, meta?: unknown, fold = (_: T) => {}): Promise<T | undefined> {
    const answered = (answer: Ack) => answer.ok && fold(answer.data as T);
    const ack = await this.client.emitThen(name, payload, meta, ACK_MS, answered).catch(() => undefined);
    if (ack === undefined) return undefined;
    if (ack.ok) return ack.data as T;
    // Back on another edge it is a member when its join is answered, and not before.
    const expected = ack.error.retryable || ack.error.code === "NOT_A_MEMBER";
    if (!expected) this.surprises.push(`${name} ${ack.error.code}`);
    return undefined;
  }
}
