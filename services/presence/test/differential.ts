/**
 * Random operations, the same for two stores; after each of them everything that can be observed must be equal: the
 * result, what was told to sockets and backends, and every read. A seed names a sequence for ever.
 */

import type { StateOp } from "@rollcall/contracts";
import { type Digest, digestHashes, digestItem, type LaneOp, type SessionRef } from "@rollcall/contracts/internal";
import { type Random, seededRandom } from "@rollcall/runtime";
import { expect } from "vitest";
import type { World } from "./worlds.ts";

const START_MS = Date.UTC(2026, 0, 1);
const USERS = ["ann", "bob", "cy"];
const SESSIONS = ["phone-0123456789abc", "laptop-0123456789a"];
const NAMESPACES = ["/", "/chat"];
const ROOMS = ["doc:1", "a", "x~y"];
const STATUSES = ["active", "away", "busy", "invisible"] as const;
const KEYS = ["title", "cursor:ann", "n"];
const REASONS = ["leave", "lost", "drain", "revoked", "expired"] as const;

interface Known {
  ref: SessionRef;
  incarnation: number;
  edge: string;
  rooms: Map<string, boolean>;
}

type OpBody = LaneOp extends infer O ? (O extends unknown ? Omit<O, "n"> : never) : never;

export class Run {
  readonly trace: string[] = [];
  readonly #worlds: readonly World[];
  readonly #random: Random;
  readonly #known: Known[] = [];
  readonly #edges = new Map<string, number>();
  #edgeCount = 0;
  #nowMs = START_MS;
  #last: { edge: string; op: LaneOp } | undefined;

  constructor(worlds: readonly World[], seed: number | string) {
    this.#worlds = worlds;
    this.#random = seededRandom(seed);
  }

  async run(steps: number): Promise<void> {
    await this.#at(0);
    await this.#hello();
    for (let i = 0; i < steps; i++) {
      await this.#step();
      await this.#compare();
    }
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.int(items.length)]!;
  }
  #chance(share: number): boolean {
    return this.#random.float() < share;
  }

  async #both<T>(what: string, ask: (world: World) => Promise<T>): Promise<T> {
    this.trace.push(what);
    const [first, ...rest] = await Promise.all(this.#worlds.map(ask));
    for (const other of rest) expect(other, what).toEqual(first);
    return first as T;
  }

  async #at(ms: number): Promise<void> {
    this.#nowMs += ms;
    await Promise.all(this.#worlds.map((world) => world.at(this.#nowMs)));
  }

  async #step(): Promise<void> {
    const dice = this.#random.float();
    if (dice < 0.12) return this.#pass();
    if (dice < 0.2) return this.#hello();
    if (dice < 0.26) return this.#lease();
    if (dice < 0.28) return this.#accident();
    if (dice < 0.31) return this.#backendPatch();
    if (dice < 0.32) return this.#revoke();
    if (dice < 0.34 && this.#last !== undefined) return this.#send(this.#last.edge, this.#last.op);
    return this.#operate();
  }

  async #pass(): Promise<void> {
    const seconds = this.#pick([0.1, 1, 3, 8, 20]);
    const brake = this.#chance(0.05) ? "outage" : undefined;
    const well = this.#chance(0.9);
    this.trace.push(`${seconds} s pass`);
    for (let ms = 0; ms < seconds * 1_000; ms += 500) {
      await this.#at(Math.min(500, seconds * 1_000));
      if (this.#chance(0.6)) await this.#lease();
      for (let calls = 0; calls < 20; calls++) {
        const report = await this.#both("sweep", (world) => world.store.sweep({ well, brake, traceparent: SWEEP }));
        if (!report.more) break;
      }
    }
    if (this.#chance(0.1)) await this.#at(-this.#random.int(60_000)); // the clock of Redis goes back
  }

  async #hello(): Promise<void> {
    const edge = this.#chance(0.7) ? `edge-${++this.#edgeCount}` : this.#edge();
    const { status } = await this.#both(`hello ${edge}`, (world) => world.store.hello(edge));
    if (status === "OK" && !this.#edges.has(edge)) this.#edges.set(edge, 0);
  }

  async #lease(): Promise<void> {
    const edge = this.#edge();
    await this.#both(`lease ${edge}`, (world) => world.store.lease(edge));
  }

  async #accident(): Promise<void> {
    const flush = this.#chance(0.3);
    this.trace.push(flush ? "flush" : "failover");
    await Promise.all(this.#worlds.map((world) => (flush ? world.flush() : world.failover())));
  }

  #edge(): string {
    return this.#pick([...this.#edges.keys(), "edge-1"]);
  }

  #ref(): SessionRef {
    return {
      tenant: "main",
      namespace: this.#pick(NAMESPACES),
      user: this.#pick(USERS),
      session: this.#pick(SESSIONS),
    };
  }

  async #operate(): Promise<void> {
    const { edge, op } = this.#op();
    const n = (this.#edges.get(edge) ?? 0) + (this.#chance(0.02) ? 2 : 1);
    await this.#send(edge, { ...op, n } as LaneOp);
  }

  async #send(edge: string, op: LaneOp): Promise<void> {
    this.#last = { edge, op };
    const outcome = await this.#both(`${edge} ${JSON.stringify(op)}`, async (world) => {
      const reply = await world.store.lane(edge, [op]);
      if (reply.status !== "OK") return reply;
      const results = [];
      for (const result of reply.results) {
        if (result.kind === "error") results.push({ ...result, message: "" });
        else if (result.kind !== "join") results.push(result);
        else {
          const rank = await world.rank(result.facts.position);
          const { change } = result.facts;
          results.push({
            ...result,
            facts: { ...result.facts, position: rank, change: change && { ...change, member: "" } },
          });
        }
      }
      return { ...reply, results };
    });
    if (outcome.status !== "OK") return;
    const [result] = outcome.results;
    if (result === undefined || result.kind === "gap" || result.kind === "repeat") return;
    this.#edges.set(edge, op.n);
    this.#learn(edge, op, result);
  }

  #learn(edge: string, op: LaneOp, result: { kind: string; incarnation?: number }): void {
    if (op.op === "open" && result.incarnation !== undefined) {
      const key = JSON.stringify(op.ref);
      const at = this.#known.findIndex(({ ref }) => JSON.stringify(ref) === key);
      const rooms = at < 0 ? new Map<string, boolean>() : this.#known[at]!.rooms;
      if (at >= 0) this.#known.splice(at, 1);
      this.#known.push({ ref: op.ref, incarnation: result.incarnation, edge, rooms });
    }
    const known =
      "ref" in op ? this.#known.find(({ ref }) => JSON.stringify(ref) === JSON.stringify(op.ref)) : undefined;
    if (op.op === "join" && result.kind === "join") known?.rooms.set(op.room, op.observe);
    if (op.op === "leave") known?.rooms.delete(op.room);
  }

  #op(): { edge: string; op: OpBody } {
    const known = this.#known.length > 0 && this.#chance(0.85) ? this.#pick(this.#known) : undefined;
    if (known === undefined) return { edge: this.#edge(), op: this.#open(this.#ref()) };
    const edge = this.#chance(0.95) ? known.edge : this.#edge();
    const { ref } = known;
    const incarnation = this.#chance(0.95) ? known.incarnation : known.incarnation - 1;
    const room = this.#pick(ROOMS);
    const base = { ref, incarnation, ...(this.#chance(0.2) ? { traceparent: TRACEPARENT } : {}) };
    const act = { ...base, room, ...this.#id() };
    const inRoom = { ...act, rules: this.#rules(room) };
    const roll = this.#random.int(20);
    if (roll < 2) return { edge: this.#edge(), op: this.#open(ref) };
    if (roll < 4) return { edge, op: { op: "close", ...base, how: this.#pick(REASONS) } };
    if (roll < 6) return { edge, op: { op: "set", ...base, ...this.#presence() } };
    if (roll < 11) return { edge, op: { op: "join", ...inRoom, observe: this.#chance(0.2), ...this.#info(0.4) } };
    if (roll < 12)
      return { edge, op: { op: "leave", ...act, reason: this.#pick(["leave", "lost", "revoked"] as const) } };
    if (roll < 13) return { edge, op: { op: "update", ...act, info: this.#value() } };
    if (roll < 16) return { edge, op: { op: "patch", ...inRoom, ...this.#patch() } };
    if (roll < 17) return { edge, op: { op: "publish", ...inRoom, ...this.#relay() } };
    if (roll < 19) return { edge, op: this.#assertion(edge) };
    return this.#chance(0.2) ? { edge, op: { op: "bye" } } : { edge, op: { op: "digest", digest: this.#digest(edge) } };
  }

  #open(ref: SessionRef): OpBody {
    const presence = this.#chance(0.3) ? { presence: this.#presence() } : {};
    const name = this.#chance(0.5) ? { name: `${ref.user} "é"`, traceparent: TRACEPARENT } : {};
    const token = { issuedAtMs: START_MS, expiresAtMs: START_MS + 1 };
    return { op: "open", ref, ...token, client: "app/1", ...this.#age(), ...this.#bound(), ...name, ...presence };
  }

  #bound(): { mostSessions?: number } {
    return this.#chance(0.2) ? { mostSessions: this.#random.int(3) } : {};
  }
  #age(): { ageMs?: number } {
    return this.#chance(0.3) ? { ageMs: this.#random.int(5_000) } : {};
  }
  #presence() {
    return { status: this.#pick(STATUSES), ...this.#info(0.5) };
  }
  #info(share: number): { info?: unknown } {
    return this.#chance(share) ? { info: this.#value() } : {};
  }
  #value(): unknown {
    return this.#pick([null, 1, "x", [], {}, { a: [2 ** 53 - 1, "\u0001|", null] }]);
  }

  #rules(room: string) {
    const retainMs = this.#pick([0, 2_000, 8_000]);
    const publishState = this.#chance(0.3);
    return {
      retainMs: room === "a" ? 0 : retainMs,
      publishState,
      ...(room === "x~y" ? { maxMembers: 2 } : {}),
      ...(room === "doc:1" ? { history: { size: 3, ttlMs: 5_000 } } : {}),
    };
  }

  #id(): { id?: string } {
    return this.#chance(0.3) ? { id: this.#pick(["p1", "p2"]) } : {};
  }

  #patch() {
    const ops = Array.from({ length: 1 + this.#random.int(3) }, (): StateOp => {
      const key = this.#pick(KEYS);
      const condition = this.#pick([
        {},
        {},
        { if: { absent: true } as const },
        { if: { version: 1 + this.#random.int(3) } },
      ]);
      const roll = this.#random.int(4);
      if (roll === 0) return { op: "delete", key, ...condition };
      if (roll === 1) return { op: "increment", key, by: this.#pick([1, -2, 2 ** 53 - 1]) };
      const ttl = this.#chance(0.3) ? { ttlMs: 3_000 } : {};
      const bind = this.#chance(0.3) ? { bind: "session" as const } : {};
      return { op: "set", key, value: this.#value(), ...ttl, ...bind, ...condition };
    });
    return {
      ops,
      ...(this.#chance(0.2) ? { owned: ops.map(() => this.#chance(0.5)) } : {}),
    };
  }

  #relay() {
    const meta = { id: `m${this.#random.int(1_000)}`, ts: new Date(this.#nowMs).toISOString() };
    return {
      event: "chat:said",
      dataJson: JSON.stringify(this.#value()),
      metaJson: JSON.stringify(meta),
      history: this.#chance(0.6),
    };
  }

  /** What this edge holds, give or take. */
  #assertion(edge: string): OpBody {
    const held = this.#known
      .filter((known) => known.edge === edge || this.#chance(0.1))
      .filter(() => this.#chance(0.9));
    const sessions = held.map(({ ref, incarnation, rooms }) => ({
      ref,
      incarnation: this.#chance(0.9) ? incarnation : 0,
      issuedAtMs: START_MS,
      expiresAtMs: START_MS + 1,
      ...this.#age(),
      ...(this.#chance(0.3) ? { presence: this.#presence(), traceparent: TRACEPARENT } : {}),
      rooms: [...rooms].map(([room, observe]) => ({ room, observe, rules: this.#rules(room), ...this.#info(0.3) })),
    }));
    return { op: "assert", round: `r${this.#random.int(1_000)}`, sessions, last: this.#chance(0.8) };
  }

  #digest(edge: string): Digest {
    const digest = { count: 0, x1: 0, x2: 0 };
    for (const { ref, incarnation, edge: at, rooms } of this.#known) {
      if (at !== edge) continue;
      for (const room of [undefined, ...rooms.keys()]) {
        const [a, b] = digestHashes(digestItem(ref, incarnation, room));
        digest.count++;
        digest.x1 = (digest.x1 ^ a) >>> 0;
        digest.x2 = (digest.x2 ^ b) >>> 0;
      }
    }
    return digest;
  }

  async #revoke(): Promise<void> {
    const { tenant, user, session, namespace } = this.#ref();
    const revocation = {
      tenant,
      user,
      ...(this.#chance(0.5) ? { session, traceparent: TRACEPARENT } : {}),
      ...(this.#chance(0.5) ? { namespace } : {}),
      ...(this.#chance(0.5) ? { room: this.#pick(ROOMS) } : {}),
      ...(this.#chance(0.5) ? { issuedBeforeMs: START_MS - this.#random.int(2) } : {}),
    };
    await this.#both(`revoke ${JSON.stringify(revocation)}`, (world) => world.store.revoke(revocation));
  }

  async #backendPatch(): Promise<void> {
    const name = { tenant: "main", namespace: this.#pick(NAMESPACES), room: this.#pick(ROOMS) };
    const { ops } = this.#patch();
    const { id } = this.#id();
    const rules = this.#rules(name.room);
    await this.#both(`room.patch ${JSON.stringify({ ...name, ops, id })}`, (world) =>
      world.store
        .patch(name, { rules, ops, id, traceparent: undefined })
        .catch(({ code, details }) => ({ code, details })),
    );
  }

  async #compare(): Promise<void> {
    await this.#same("log", (world) => world.log());
    await this.#same("outbox", (world) => world.outbox());
    await this.#same("users", async (world) => {
      const read = await world.store.users("main", USERS);
      return { ...read, position: await world.rank(read.position) };
    });
    await this.#same("page", (world) => world.store.userPage("main", "", 10));
    for (const user of USERS) await this.#same(user, (world) => world.store.user("main", user));
    for (const namespace of NAMESPACES) {
      await this.#same("rooms", (world) => world.store.rooms("main", namespace, { prefix: "", after: "", limit: 10 }));
      for (const room of ROOMS) {
        const name = { tenant: "main", namespace, room };
        await this.#same(room, async (world) => {
          const read = await world.store.room(name, { after: "", limit: 10 });
          return { ...read, position: await world.rank(read.position) };
        });
        await this.#same(`state of ${room}`, (world) =>
          world.store.state(name, { which: "page", after: "", bytes: 100_000 }),
        );
        const since = this.#random.int(4);
        await this.#same(`state of ${room} since ${since}`, async (world) => {
          const read = await world.store.state(name, { which: "since", version: since });
          return {
            ...read,
            entries: read.entries?.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
            deleted: read.deleted.toSorted(),
          };
        });
        await this.#same(`history of ${room}`, async (world) => {
          const read = await world.store.history(name, { limit: 10, newest: true });
          return { ...read, events: read.events.map((json) => JSON.parse(json)) };
        });
      }
    }
  }

  async #same(what: string, ask: (world: World) => Promise<unknown>): Promise<void> {
    const [first, ...rest] = await Promise.all(this.#worlds.map(ask));
    for (const other of rest) expect(other, what).toEqual(first);
  }
}

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const SWEEP = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
