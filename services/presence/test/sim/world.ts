/**
 * A whole installation in virtual time, driven by one seed: clients, edges, replicas, Redis, NATS, and faults. Checks
 * invariants with every commit, and at the end that everything agrees with the truth: the clients' sockets.
 */

import type { ControlMessage } from "@rollcall/contracts/internal";
import { type Random, seededRandom } from "@rollcall/runtime";
import type { Cell, Told } from "../../src/core/cell.ts";
import { GAP_STEP_MS } from "../../src/core/clock.ts";
import { reduce } from "../../src/core/reduce.ts";
import { Client } from "./client.ts";
import { Edge } from "./edge.ts";
import { Scheduler } from "./scheduler.ts";
import { Nats, Redis, type Reduce, Replica, SIM_BOUNDS } from "./servers.ts";

const ROOMS = ["a", "b", "c"];
const MAX_EDGES = 4;
const REPLICAS = 2;
const USERS = 5;
/** Faults end here. */
const HEAL_MS = 45_000;
/** The brake, one lease, one grace, and a little. */
const AGREE_MS = SIM_BOUNDS.brakeMs + SIM_BOUNDS.leaseMs + SIM_BOUNDS.graceMs + 14_000;

export class Violation extends Error {}

export class SimWorld {
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly redis: Redis;
  readonly nats: Nats;
  readonly edges: Edge[] = [];
  readonly replicas: Replica[] = [];
  readonly clients: Client[] = [];
  readonly trace: string[] = [];
  readonly #online = new Set<string>();
  readonly #versions = new Map<string, [epoch: number, birth: number, version: number]>();
  #edgeCount = 0;
  #toldEpoch = 0;
  #violation: string | undefined;

  constructor(seed: number | string, reduceWith: Reduce = reduce) {
    this.random = seededRandom(seed);
    this.redis = new Redis(this.scheduler, this.random, reduceWith, (step) => {
      for (const told of step.transitions) this.#told(told);
      if (this.random.float() < 0.02) this.#consistent(step.state);
    });
    this.nats = new Nats(this.scheduler, this.random);
    for (let i = 1 + this.random.int(MAX_EDGES); i > 0; i--) this.#addEdge();
    for (let i = 0; i < REPLICAS; i++) this.#addReplica();
    for (let i = 0; i < USERS; i++) {
      for (const device of this.random.float() < 0.4 ? ["phone", "laptop"] : ["phone"]) {
        const session = `${device}-0123456789abcdef`;
        this.clients.push(new Client(this, { tenant: "main", namespace: "/", user: `u${i}`, session }));
      }
    }
  }

  broken(what: string): void {
    this.#violation ??= `${what} at ${Math.round(this.scheduler.nowMs)} ms`;
  }

  pickEdge(): Edge | undefined {
    const running = this.edges.filter((edge) => edge.running);
    return running.length === 0 ? undefined : running[this.random.int(running.length)];
  }

  /** Throws a {@link Violation}. */
  run(): void {
    this.#live();
    for (let i = 0, faults = this.random.int(8); i < faults; i++) {
      this.scheduler.after(4_000 + this.random.float() * (HEAL_MS - 6_000), () => this.#fault());
    }
    this.#until(HEAL_MS);
    this.#heal();
    this.#until(HEAL_MS + 12_000);
    this.#nobodyMissing();
    this.#until(HEAL_MS + AGREE_MS);
    this.#agreed();
    for (const client of this.clients) client.goodbye();
    this.#until(HEAL_MS + AGREE_MS + 60_000);
    this.#nothingLeft();
  }

  #until(ms: number): void {
    while (this.scheduler.nowMs < ms) {
      this.scheduler.run(Math.min(ms, this.scheduler.nowMs + 250));
      if (this.#violation !== undefined) throw new Violation(this.#violation);
    }
  }

  #note(what: string): void {
    this.trace.push(`${Math.round(this.scheduler.nowMs)} ${what}`);
  }

  #addEdge(): void {
    const { scheduler, random, nats } = this;
    this.edges.push(new Edge({ scheduler, random, nats, replica: () => this.#replica() }, `edge-${++this.#edgeCount}`));
  }
  #addReplica(): void {
    const { scheduler, redis, nats } = this;
    const control = (edge: string | undefined, message: ControlMessage) => {
      for (const one of this.edges) {
        if (edge === undefined || one.id === edge) nats.send(() => one.receive(() => one.control(message)));
      }
    };
    this.replicas.push(new Replica({ scheduler, redis, nats, control }, this.#toldEpoch));
  }
  #replica(): Replica | undefined {
    const alive = this.replicas.filter((replica) => replica.alive);
    return alive.length === 0 ? undefined : alive[this.random.int(alive.length)];
  }

  /** What people do, until the faults end. */
  #live(): void {
    const act = () => {
      if (this.scheduler.nowMs > HEAL_MS) return;
      const client = this.clients[this.random.int(this.clients.length)]!;
      const room = ROOMS[this.random.int(ROOMS.length)]!;
      const roll = this.random.float();
      if (roll < 0.35) client.start();
      else if (roll < 0.6) client.join(room);
      else if (roll < 0.7) client.leave(room);
      else if (roll < 0.78) client.goodbye();
      else if (roll < 0.9) client.cut({ halfOpen: this.random.float() < 0.4, comesBack: this.random.float() < 0.7 });
      this.scheduler.after(this.random.float() * 800, act);
    };
    act();
  }

  #fault(): void {
    const { random, scheduler, redis, nats } = this;
    const seconds = 1 + random.int(20);
    const edge = this.edges[random.int(this.edges.length)]!;
    const replica = this.replicas[random.int(this.replicas.length)]!;
    const roll = random.int(10);
    const note = (what: string) => this.#note(what);
    if (roll === 0 || roll === 1) {
      note(`kill ${edge.id}`);
      edge.kill();
      this.#addEdge();
    } else if (roll === 2) {
      note(`pause ${edge.id} ${seconds} s`);
      edge.pause();
      scheduler.after(seconds * 1_500, () => edge.resume());
    } else if (roll === 3) {
      note("kill a replica");
      replica.kill();
      scheduler.after(seconds * 500, () => this.#addReplica());
    } else if (roll === 4) {
      note("kill all replicas");
      for (const one of this.replicas) one.kill();
      scheduler.after(seconds * 1_000, () => this.#addReplica());
    } else if (roll === 5) {
      note("flush");
      this.#online.clear();
      redis.flush(random.float() < 0.5);
    } else if (roll === 6) {
      const older = random.int(4_000);
      note(`failover, ${older} ms older`);
      this.#online.clear();
      redis.failover(older);
    } else if (roll === 7) {
      note(`redis away ${seconds} s`);
      redis.up = false;
      scheduler.after(seconds * 1_000, () => {
        redis.up = true;
      });
    } else if (roll === 8) {
      note(`nats away ${seconds} s`);
      nats.up = false;
      scheduler.after(seconds * 1_000, () => {
        nats.up = true;
      });
    } else {
      const jump = (random.float() < 0.5 ? -1 : 1) * random.int(60_000);
      note(`redis clock ${jump} ms`);
      redis.skewMs += jump;
    }
  }

  #heal(): void {
    this.#note("heal");
    this.redis.up = true;
    this.nats.up = true;
    for (const edge of this.edges) if (edge.alive && edge.paused) edge.resume();
    while (this.replicas.filter(({ alive }) => alive).length < REPLICAS) this.#addReplica();
    for (const client of this.clients) if (client.wanted && client.edge === undefined) client.start();
  }

  #told(told: Told): void {
    if (told.to === "backends") this.#toBackends(told);
  }

  /** P2, P6, P13, as a backend sees them. */
  #toBackends({ kind, user, room, data }: Extract<Told, { to: "backends" }>): void {
    if (kind === "epoch") {
      this.#online.clear();
      this.#toldEpoch = Number(data.epoch);
      return;
    }
    const subject = room === "" ? user : `room ${room}`;
    const { epoch, version, reason } = data as { epoch: string; version: number; reason: string };
    const [cell, birth] = epoch.split(".").map(Number) as [number, number];
    const last = this.#versions.get(subject) ?? [0, 0, 0];
    const rises = cell > last[0] || (cell === last[0] && (birth > last[1] || (birth === last[1] && version > last[2])));
    if (!rises) this.broken(`P6: ${subject} went from ${last.join(".")} to ${epoch}.${version}`);
    this.#versions.set(subject, [cell, birth, version]);
    if (kind === "online") {
      if (this.#online.has(user)) this.broken(`P13: ${user} came online twice`);
      this.#online.add(user);
    }
    if (kind === "offline") {
      this.#online.delete(user);
      this.#mayBeOffline(user, reason);
    }
  }

  /** P2, P3: only one whose every client said goodbye, or has been away for its grace. */
  #mayBeOffline(user: string, reason: string): void {
    const { nowMs } = this.scheduler;
    for (const client of this.clients) {
      if (client.ref.user !== user || client.said || client.overtaken) continue;
      if (client.edge !== undefined) {
        if (client.ready_ && client.connected) this.broken(`P2: ${user} offline (${reason}) while connected`);
        continue;
      }
      const awayMs = nowMs - client.presentMs;
      if (client.wanted && awayMs < SIM_BOUNDS.graceMs - GAP_STEP_MS)
        this.broken(`P3: ${user} offline (${reason}) after ${awayMs} ms`);
    }
  }

  /** P5: rosters are the users with a session in the room. */
  #consistent(cell: Cell): void {
    const expected = new Map<string, number>();
    for (const { tenant, user, sessions } of cell.users.values()) {
      for (const { ns, rooms } of sessions) {
        for (const { room, observe } of rooms) {
          const key = `${tenant} ${ns} ${room} ${user}`;
          if (!observe) expected.set(key, (expected.get(key) ?? 0) + 1);
        }
      }
    }
    const found = new Map<string, number>();
    for (const [ref, { roster }] of cell.rooms)
      for (const [user, all] of roster) found.set(`${ref} ${user}`, all.length);
    for (const key of new Set([...expected.keys(), ...found.keys()])) {
      if (expected.get(key) !== found.get(key)) this.broken(`P5: ${key}: ${found.get(key)} for ${expected.get(key)}`);
    }
  }

  /** P10, P2: everyone who is connected is known. */
  #nobodyMissing(): void {
    const { users } = this.redis.cell;
    for (const { ref, connected, ready_, overtaken } of this.clients) {
      if (!connected || !ready_ || overtaken) continue;
      const known = users.get(`main ${ref.user}`)?.sessions.some(({ id }) => id === ref.session);
      if (known !== true) throw new Violation(`P10: ${ref.user} is connected and not known`);
    }
  }

  /** P1, P9, P15. */
  #agreed(): void {
    const { cell } = this.redis;
    this.#consistent(cell);
    if (this.#violation !== undefined) throw new Violation(this.#violation);
    if (cell.brake !== undefined) throw new Violation("P15: the brake still holds");
    const expected = new Set<string>();
    for (const { ref, edge, connected, rooms } of this.clients) {
      if (!connected) continue;
      expected.add(`${ref.user} ${ref.session} on ${edge!.id}`);
      for (const room of rooms) expected.add(`${ref.user} ${ref.session} in ${room}`);
    }
    const found = new Set<string>();
    for (const { user, sessions } of cell.users.values()) {
      for (const { id, edge, lost, rooms } of sessions) {
        found.add(`${user} ${id} on ${lost ?? edge}`);
        for (const { room } of rooms) found.add(`${user} ${id} in ${room}`);
      }
    }
    const missing = [...expected].filter((one) => !found.has(one));
    const extra = [...found].filter((one) => !expected.has(one));
    if (missing.length + extra.length > 0) {
      throw new Violation(`P9: missing ${JSON.stringify(missing)}, extra ${JSON.stringify(extra)}`);
    }
  }

  /** P16. */
  #nothingLeft(): void {
    if (this.#violation !== undefined) throw new Violation(this.#violation);
    const { users, rooms, grace, retain, evicting, resync, unnamed, expiry, publish } = this.redis.cell;
    const tables = { users, rooms, grace, retain, evicting, resync, unnamed, expiry, publish };
    const left = Object.entries(tables).filter(([, table]) => table.size > 0);
    if (left.length > 0)
      throw new Violation(`P16: left are ${JSON.stringify(left.map(([name, table]) => [name, [...table.keys()]]))}`);
  }
}
