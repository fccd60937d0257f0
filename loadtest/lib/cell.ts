/**
 * The people of one VU: they share a room and watch each other, and the VU, which tells each of them what to do, knows the
 * truth that all of them must come to see. Users never meet those of another VU, so any number of VUs and machines can run
 * beside each other and each judges its own.
 */

import type { Member, RosterDiff, UserPresence } from "@rollcall/client";
import { Client } from "./client.ts";
import { type Expectation, Expectations } from "./expectations.ts";
import { differences } from "./fold.ts";
import { blame, metrics } from "./metrics.ts";
import { pick } from "./random.ts";
import { identityOf, patience } from "./settings.ts";
import { sleep, until } from "./wait.ts";

/** Each change must have been seen by then, however slow; the objectives say how fast. */
const SEEN_MS = 5_000 * patience;
/** P7: a client equals the server. */
const EQUAL_MS = 2_000 * patience;
/** Longer than any grace: whoever is not back by then does not return. */
const BACK_MS = 30_000 * patience;
/** A departure is early when it is seen this much before the grace is over. */
const TOLERANCE_MS = 500;

export interface CellOptions {
  vu: number;
  clients: number;
  room: string;
  /** How many others each client watches. */
  watched: number;
  /** How many never change, so that they see everything. */
  steady: number;
}

type Trend = { add(value: number, tags?: Record<string, string>): unknown };

export class Cell {
  readonly room: string;
  readonly clients: Client[];
  /** Replaced by scenarios in which servers may close connections. */
  onClosed: (client: Client, why: string) => void;
  /** Members and their info, as every client must see them. */
  readonly truth = new Map<string, unknown>();
  /** May be seen or not, for the time being. */
  readonly unsure = new Set<string>();
  /** May be shown leaving: they did, or will be taken to have. */
  readonly #leaving = new Set<string>();
  readonly #expectations = new Expectations<Client>();
  readonly #options: CellOptions;

  constructor(options: CellOptions) {
    this.#options = options;
    this.room = options.room;
    // Assigned here: as a field's initial value, a function that uses private names ends k6 itself.
    this.onClosed = (client, why) => {
      blame("closed", `${client.user}: ${why}`, client.tags);
      void this.comeBack(client, Date.now());
    };
    this.clients = Array.from({ length: options.clients }, (_, i) => {
      const { user, token, edge } = identityOf(options.vu, i, options.clients);
      return new Client({
        user,
        token,
        edge,
        onEvent: (client, name, payload) => this.#received(client, name, payload),
        onClosed: (client, why) => this.onClosed(client, why),
      });
    });
  }

  get steady(): Client[] {
    return this.clients.slice(0, this.#options.steady);
  }

  get restless(): Client[] {
    return this.clients.slice(this.#options.steady);
  }

  /** Who is there and stays there while `but` do something. */
  present(but: readonly Client[] = []): Client[] {
    return this.clients.filter(
      (client) =>
        client.isIn(this.room) && this.truth.has(client.user) && !this.unsure.has(client.user) && !but.includes(client),
    );
  }

  watchersOf(client: Client): Client[] {
    const { clients } = this;
    const at = clients.indexOf(client);
    const count = Math.min(this.#options.watched, clients.length - 1);
    return Array.from({ length: count }, (_, i) => clients[(at - 1 - i + clients.length) % clients.length] as Client);
  }

  async enter(client: Client, among: readonly Client[]): Promise<void> {
    await client.connect();
    await this.join(client, among);
    await this.watch(client);
  }

  /** `among`: those who must see it. */
  async join(client: Client, among: readonly Client[], info: unknown = { color: color() }): Promise<void> {
    const expected = this.#expect(`joined ${client.user}`, among, metrics.joinVisible);
    const answer = await client.join(this.room, info);
    if (answer === undefined) return void expected.close();
    this.truth.set(client.user, info);
    await this.#settle(expected, `${client.user} joined`);
    this.#leaving.delete(client.user);
  }

  async watch(client: Client): Promise<void> {
    const users = this.clients.filter((other) => this.watchersOf(other).includes(client)).map(({ user }) => user);
    for (let i = 0; i < users.length; i += 200) await client.ask("presence:watch", { users: users.slice(i, i + 200) });
  }

  async leave(client: Client, among: readonly Client[]): Promise<void> {
    this.#leaving.add(client.user);
    const expected = this.#expect(`left ${client.user}`, among, metrics.leaveVisible);
    this.truth.delete(client.user);
    await client.leave(this.room);
    await this.#settle(expected, `${client.user} left`);
  }

  async update(client: Client, among: readonly Client[]): Promise<void> {
    const info = { color: color() };
    this.truth.set(client.user, info);
    const state = client.rooms.get(this.room);
    if (state !== undefined) state.info = info;
    const expected = this.#expect(`info ${client.user} ${JSON.stringify(info)}`, among, undefined);
    await client.ask("room:update", { room: this.room, info });
    await this.#settle(expected, `info of ${client.user}`);
  }

  async setStatus(client: Client, among: readonly Client[]): Promise<void> {
    const status = client.status === "active" ? (pick(["away", "busy"] as const, 1)[0] as "away" | "busy") : "active";
    client.status = status;
    const watchers = this.watchersOf(client).filter((watcher) => among.includes(watcher));
    const expected = this.#expect(`status ${client.user} ${status}`, watchers, metrics.statusVisible);
    await client.ask("presence:set", { status });
    await this.#settle(expected, `${client.user} ${status}`);
  }

  /** Says goodbye; offline and out of the room at once. */
  async logout(client: Client, among: readonly Client[]): Promise<void> {
    await this.#go(client, among, metrics.leaveVisible, SEEN_MS, 0, () => client.logout());
  }

  /** Is lost without goodbye and does not return; offline when its grace is over, and not before. */
  async vanish(client: Client, among: readonly Client[], boundMs: number): Promise<void> {
    const graceMs = client.ready?.heartbeat.graceMs ?? 0;
    await this.#go(client, among, metrics.vanishVisible, boundMs, graceMs - TOLERANCE_MS, () => client.vanish());
  }

  /** Loses its connection and is back within its grace: nobody may see it. */
  async blink(client: Client): Promise<void> {
    const sinceMs = Date.now();
    client.drop();
    await this.comeBack(client, sinceMs);
  }

  /** Once connected again: the room with what is known, and the watches. */
  async comeBack(client: Client, sinceMs: number, withinMs = BACK_MS): Promise<boolean> {
    if (!(await until(() => client.online, withinMs))) {
      blame("lost", `${client.user} did not come back`, client.tags);
      return false;
    }
    this.#judgeReturn(client, Date.now() - sinceMs);
    await client.resume();
    metrics.back.add(Date.now() - sinceMs, client.tags);
    await this.watch(client);
    return true;
  }

  /** When all are away at once, nobody is there to be told that somebody left: his session tells whether he did. */
  #judgeReturn({ ready, user, tags }: Client, awayMs: number): void {
    if (ready === undefined || ready.resumed || ready.health.presence === "stale") return;
    if (awayMs < ready.heartbeat.graceMs - TOLERANCE_MS)
      blame("flickers", `${user} is somebody new after ${awayMs} ms, within the grace`, tags);
  }

  /** These users are gone for good, without their own doing; `trend` says when each was seen offline. */
  async gone(users: readonly Client[], among: readonly Client[], sinceMs: number, trend: Trend, boundMs: number) {
    const expected = users.map((client) => {
      this.#leaving.add(client.user);
      this.truth.delete(client.user);
      this.unsure.add(client.user);
      return this.#expect(`left ${client.user}`, among, trend, sinceMs);
    });
    await Promise.all(expected.map((one, i) => this.#settle(one, `${users[i]?.user} gone`, boundMs)));
    for (const client of users) this.unsure.delete(client.user);
  }

  /** Everybody's roster, and the server's own, against the truth; given a little time, for what is under way. */
  async audit(withinMs = EQUAL_MS): Promise<void> {
    const wrong = () =>
      this.present().flatMap((client) => {
        const view = client.view(this.room);
        if (view === undefined) return [`${client.user} knows no roster`];
        if (view.mode === "occupancy") return [];
        const found = differences(view.members, this.truth, this.unsure);
        if (this.unsure.size === 0 && found.length === 0 && view.count !== this.truth.size) found.push("count");
        return found.slice(0, 1).map((difference) => `${client.user} sees: ${difference}`);
      });
    await until(() => wrong().length === 0, withinMs);
    const left = wrong();
    metrics.audits.add(1);
    if (left.length > 0) blame("mismatches", left[0] as string, {}, left.length);

    const [reader] = pick(this.present(), 1);
    if (reader === undefined || reader.view(this.room)?.mode === "occupancy") return;
    const unsure = new Set(this.unsure);
    const members = await this.#readMembers(reader);
    for (const user of this.unsure) unsure.add(user);
    const found = members === undefined ? [] : differences(members, this.truth, unsure);
    if (found.length > 0) blame("mismatches", `room:members says: ${found[0]}`, reader.tags);
  }

  /** All but one leave: who is still shown then is a ghost. */
  async empty(): Promise<void> {
    const [last, ...others] = this.present();
    for (const client of this.clients) if (client !== last) this.#leaving.add(client.user);
    for (const client of others) {
      this.truth.delete(client.user);
      client.logout();
    }
    if (last !== undefined) await this.audit(SEEN_MS);
    last?.logout();
  }

  async #readMembers(client: Client): Promise<Map<string, Member> | undefined> {
    const members = new Map<string, Member>();
    let cursor: string | undefined;
    do {
      const page: { members: Member[]; next?: string } | undefined = await client.ask("room:members", {
        room: this.room,
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (page === undefined) return undefined;
      for (const member of page.members) members.set(member.user, member);
      cursor = page.next;
    } while (cursor !== undefined);
    return members;
  }

  async #go(
    client: Client,
    among: readonly Client[],
    trend: Trend,
    boundMs: number,
    earliestMs: number,
    how: () => void,
  ): Promise<void> {
    const { user } = client;
    this.#leaving.add(user);
    const guard: Trend = {
      add: (ms, tags) => {
        trend.add(ms, tags);
        if (ms < earliestMs) blame("flickers", `${user} seen leaving after ${ms} ms, within its grace`, tags);
      },
    };
    const watchers = this.watchersOf(client).filter((watcher) => among.includes(watcher));
    const left = this.#expect(`left ${user}`, among, guard);
    const offline = this.#expect(`status ${user} offline`, watchers, guard);
    this.truth.delete(user);
    how();
    await Promise.all([
      this.#settle(left, `${user} gone from the room`, boundMs),
      this.#settle(offline, `${user} offline`, boundMs),
    ]);
  }

  #expect(key: string, among: readonly Client[], trend: Trend | undefined, sinceMs = Date.now()): Expectation<Client> {
    return this.#expectations.expect(key, sinceMs, among, (ms, observer) => trend?.add(ms, observer.tags));
  }

  async #settle(expected: Expectation<Client>, what: string, withinMs = SEEN_MS): Promise<void> {
    await until(() => expected.settled, withinMs);
    const missed = expected.close();
    for (const { edge } of missed) blame("lost", `${what}, unseen through ${edge.name}`, { edge: edge.name });
  }

  #received(client: Client, name: string, payload: unknown): void {
    const nowMs = Date.now();
    if (name === "room:roster") {
      const { joined = [], updated = [], left = [] } = payload as RosterDiff;
      for (const { user, info } of [...joined, ...updated])
        this.#expectations.seen(`info ${user} ${JSON.stringify(info)}`, client, nowMs);
      for (const { user } of joined) this.#expectations.seen(`joined ${user}`, client, nowMs);
      for (const user of left) this.#sawLeave(`left ${user}`, user, client, nowMs);
    } else if (name === "presence:changed") {
      for (const { user, status } of (payload as { changes: UserPresence[] }).changes) {
        const key = `status ${user} ${status}`;
        if (status === "offline") this.#sawLeave(key, user, client, nowMs);
        else this.#expectations.seen(key, client, nowMs);
      }
    } else if (name === "presence:resync") void this.#watchAgain(client, payload as { spreadMs: number });
  }

  async #watchAgain(client: Client, { spreadMs }: { spreadMs: number }): Promise<void> {
    await sleep(Math.random() * spreadMs);
    if (client.online) await this.watch(client);
  }

  #sawLeave(key: string, user: string, client: Client, nowMs: number): void {
    if (this.#expectations.seen(key, client, nowMs) || this.#leaving.has(user)) return;
    blame("flickers", `${key} to ${client.user}, though there`, client.tags);
  }
}

const color = (): string => `#${Math.floor(Math.random() * 0xffffff).toString(16)}`;
