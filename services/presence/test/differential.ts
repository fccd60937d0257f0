/**
 * Random operations, the same for two stores; after each of them everything that can be observed must be equal: the
 * result, what was told to sockets and backends, and every read. A seed names a sequence for ever.
 */

import type { LaneOp } from "@rollcall/contracts/internal";
import { type Random, seededRandom } from "@rollcall/runtime";
import { expect } from "vitest";
import { digestOf, NAMESPACES, RandomOps, ROOMS, START_MS, USERS } from "./random-ops.ts";
import type { World } from "./worlds.ts";

export class Run {
  readonly trace: string[] = [];
  readonly #worlds: readonly World[];
  readonly #random: Random;
  readonly #ops: RandomOps;
  #nowMs = START_MS;
  #last: { edge: string; op: LaneOp } | undefined;

  constructor(worlds: readonly World[], seed: number | string) {
    this.#worlds = worlds;
    this.#random = seededRandom(seed);
    this.#ops = new RandomOps(this.#random);
  }

  async run(steps: number): Promise<void> {
    await this.#at(0);
    await this.#hello();
    for (let i = 0; i < steps; i++) {
      await this.#step();
      await this.#compare();
      await this.#balance();
    }
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
    const seconds = this.#ops.pick([0.1, 1, 3, 8, 20]);
    const brake = this.#ops.chance(0.05) ? "outage" : undefined;
    const well = this.#ops.chance(0.9);
    this.trace.push(`${seconds} s pass`);
    for (let ms = 0; ms < seconds * 1_000; ms += 500) {
      await this.#at(Math.min(500, seconds * 1_000));
      if (this.#ops.chance(0.6)) await this.#lease();
      for (let calls = 0; calls < 20; calls++) {
        const report = await this.#both("sweep", (world) => world.store.sweep({ well, brake, traceparent: SWEEP }));
        if (!report.more) break;
      }
    }
    if (this.#ops.chance(0.1)) await this.#at(-this.#random.int(60_000)); // the clock of Redis goes back
  }

  async #hello(): Promise<void> {
    const edge = this.#ops.newcomer();
    const { status } = await this.#both(`hello ${edge}`, (world) => world.store.hello(edge));
    if (status === "OK") this.#ops.met(edge);
  }

  async #lease(): Promise<void> {
    const edge = this.#ops.edge();
    await this.#both(`lease ${edge}`, (world) => world.store.lease(edge));
  }

  async #accident(): Promise<void> {
    const flush = this.#ops.chance(0.3);
    this.trace.push(flush ? "flush" : "failover");
    await Promise.all(this.#worlds.map((world) => (flush ? world.flush() : world.failover())));
  }

  async #operate(): Promise<void> {
    const { edge, op } = this.#ops.next(this.#nowMs);
    await this.#send(edge, op);
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
    this.#ops.learn(edge, op, result);
  }

  async #revoke(): Promise<void> {
    const revocation = this.#ops.revocation();
    await this.#both(`revoke ${JSON.stringify(revocation)}`, (world) => world.store.revoke(revocation));
  }

  async #backendPatch(): Promise<void> {
    const name = { tenant: "main", namespace: this.#ops.pick(NAMESPACES), room: this.#ops.pick(ROOMS) };
    const { ops } = this.#ops.patch();
    const { id } = this.#ops.id();
    const rules = this.#ops.rules(name.room);
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

  /** E2: after whatever happened, what is recorded of an edge is the fold of what can be read of its sessions. */
  async #balance(): Promise<void> {
    const records = await Promise.all(USERS.map((user) => this.#worlds[0]!.store.user("main", user)));
    const live = records.flatMap(({ sessions }) => sessions.filter(({ lost }) => lost === undefined));
    for (const edge of this.#ops.edges()) {
      const digest = digestOf(live.filter((session) => session.edge === edge));
      const op: LaneOp = { op: "digest", n: this.#ops.nextN(edge), digest };
      for (const { name, store } of this.#worlds) {
        const outcome = await store.lane(edge, [op]);
        const result = outcome.status === "OK" ? outcome.results[0] : undefined;
        if (result?.kind !== "digest") continue; // fenced, or greeted anew and numbered from 1
        expect(result.equal, `${name}: the digest of ${edge}`).toBe(true);
        this.#ops.learn(edge, op, result);
      }
    }
  }

  async #same(what: string, ask: (world: World) => Promise<unknown>): Promise<void> {
    const [first, ...rest] = await Promise.all(this.#worlds.map(ask));
    for (const other of rest) expect(other, what).toEqual(first);
  }
}

const SWEEP = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
