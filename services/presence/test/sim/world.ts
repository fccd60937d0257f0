/**
 * A whole installation in virtual time: clients, edges, replicas, Redis, NATS, living through a plan. Every commit is
 * watched; when the steps are over and everything is healed, all must agree with the truth: the clients' sockets.
 */

import type { ControlMessage, LaneOp, SessionRef } from "@rollcall/contracts/internal";
import { type Random, seededRandom } from "@rollcall/runtime";
import { GAP_PASSED_MS } from "../../src/core/clock.ts";
import { reduce } from "../../src/core/reduce.ts";
import { agreementOf, leftOvers, missingOf } from "./agreement.ts";
import { Client, RETURN_LEAST_MS } from "./client.ts";
import { Edge } from "./edge.ts";
import { Nats } from "./nats.ts";
import { LIVE_MS, type Plan, type Step } from "./plan.ts";
import { type Commit, Redis, type Reduce, SIM_BOUNDS } from "./redis.ts";
import { Replica } from "./replica.ts";
import { Scheduler } from "./scheduler.ts";
import { Watch } from "./watch.ts";

const REPLICAS = 2;
/** After the last fault everyone who is connected is known (P10). */
const KNOWN_MS = 12_000;
/** The brake, one lease, one grace, and a little. */
const AGREE_MS = SIM_BOUNDS.brakeMs + SIM_BOUNDS.leaseMs + SIM_BOUNDS.graceMs + 14_000;
/** The rooms' retention, and a little. */
const EMPTY_MS = 6_000;
const LOOK_MS = 250;

export class Violation extends Error {}

export class SimWorld {
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly redis: Redis;
  readonly nats: Nats;
  readonly edges: Edge[] = [];
  readonly replicas: Replica[] = [];
  readonly clients: readonly Client[];
  readonly #plan: Plan;
  readonly #watch: Watch;
  readonly #sentMs = new WeakMap<LaneOp, number>();
  #edgeCount = 0;
  /** The last gap in Redis's time. */
  #gapMs = Number.NEGATIVE_INFINITY;
  #violation: string | undefined;

  constructor(plan: Plan, reduceWith: Reduce = reduce) {
    this.#plan = plan;
    this.random = seededRandom(`net ${plan.seed}`);
    this.#watch = new Watch(this);
    this.redis = new Redis(this.scheduler, this.random, reduceWith, (commit) => {
      this.#noteLateWord(commit);
      this.#watch.committed(commit);
    });
    this.nats = new Nats(this.scheduler, this.random);
    for (let i = 0; i < plan.edges; i++) this.#addEdge();
    for (let i = 0; i < REPLICAS; i++) this.#addReplica();
    this.clients = plan.clients.map((one) => new Client(this, { tenant: "main", namespace: "/", ...one }));
  }

  broken(what: string): void {
    this.#violation ??= `${what} at ${Math.round(this.scheduler.nowMs)} ms`;
  }

  pickEdge(): Edge | undefined {
    const running = this.edges.filter((edge) => edge.running);
    return running.length === 0 || !this.redis.up ? undefined : running[this.random.int(running.length)];
  }

  /** Throws a {@link Violation}. */
  run(): void {
    for (const step of this.#plan.steps) this.scheduler.after(step.atMs, () => this.#take(step));
    this.#until(LIVE_MS);
    this.#heal();
    this.#agree();
    for (const client of this.clients) client.goodbye();
    this.#until(this.scheduler.nowMs + EMPTY_MS);
    this.#must("P16: left are", leftOvers(this.redis.cell, this.edges));
  }

  #until(ms: number): void {
    while (this.scheduler.nowMs < ms) {
      this.scheduler.run(Math.min(ms, this.scheduler.nowMs + LOOK_MS));
      if (this.#violation !== undefined) throw new Violation(this.#violation);
    }
  }

  #must(what: string, differences: readonly string[]): void {
    if (differences.length > 0) throw new Violation(`${what} ${JSON.stringify(differences)}`);
  }

  /** P1, P2, P9, P10, P15. */
  #agree(): void {
    const healedMs = this.scheduler.nowMs;
    while (this.scheduler.nowMs < healedMs + AGREE_MS) {
      this.#until(this.scheduler.nowMs + 4 * LOOK_MS);
      if (this.#isSettled()) return;
      const { nowMs } = this.scheduler;
      if (nowMs >= healedMs + KNOWN_MS && nowMs < healedMs + KNOWN_MS + 4 * LOOK_MS)
        this.#must("P10: connected and not known are", missingOf(this.redis.cell, this.clients));
    }
    if (this.redis.cell.brake !== undefined) throw new Violation("P15: the brake still holds");
    this.#must("P9: there still differ", agreementOf(this.redis.cell, this.clients, this.edges));
  }

  /** Nothing is under way that could still change what is agreed. */
  #isSettled(): boolean {
    const { cell } = this.redis;
    if (cell.brake !== undefined || cell.grace.size + cell.evicting.size + cell.resync.size > 0) return false;
    const alive = this.edges.filter((edge) => edge.alive);
    if (cell.leases.size !== alive.length) return false;
    if (alive.some(({ id, lane }) => !lane.idle || !cell.leases.has(id))) return false;
    return agreementOf(cell, this.clients, this.edges).length === 0;
  }

  #addEdge(): void {
    const { scheduler, random, nats } = this;
    const sent = (op: LaneOp) => void this.#sentMs.set(op, scheduler.nowMs);
    const world = { scheduler, random, nats, sent, replica: () => this.#replica() };
    this.edges.push(new Edge(world, `edge-${++this.#edgeCount}`));
  }
  #addReplica(): void {
    const { scheduler, redis, nats } = this;
    const control = (edge: string | undefined, message: ControlMessage) => {
      for (const one of this.edges) {
        if (edge === undefined || one.id === edge) nats.send(() => one.receive(() => one.control(message)));
      }
    };
    this.replicas.push(new Replica({ scheduler, redis, nats, control }, this.#watch.toldEpoch));
  }
  #replica(): Replica | undefined {
    const alive = this.replicas.filter((replica) => replica.alive);
    return alive.length === 0 ? undefined : alive[this.random.int(alive.length)];
  }

  #take(step: Step): void {
    const { redis, nats, scheduler } = this;
    const later = (run: () => void) => scheduler.after("ms" in step ? step.ms : 0, run);
    switch (step.do) {
      case "start":
      case "goodbye":
        this.clients[step.client]![step.do]();
        return;
      case "join":
      case "leave":
        this.clients[step.client]![step.do](step.room);
        return;
      case "cut":
        this.clients[step.client]!.cut(step);
        return;
      case "kill an edge":
        this.edges[step.edge % this.edges.length]!.kill();
        this.#addEdge();
        return;
      case "overflow": {
        const edge = this.edges[step.edge % this.edges.length]!;
        edge.receive(() => edge.lane.overflow());
        return;
      }
      case "stop an edge": {
        const edge = this.edges[step.edge % this.edges.length]!;
        edge.pause();
        later(() => edge.resume());
        return;
      }
      case "kill a replica":
        this.replicas[step.replica % this.replicas.length]!.kill();
        later(() => this.#addReplica());
        return;
      case "kill all replicas":
        for (const one of this.replicas) one.kill();
        later(() => this.#addReplica());
        return;
      case "flush":
        this.#watch.rewound();
        redis.flush(step.restart);
        return;
      case "fail over":
        this.#watch.rewound();
        redis.failover(step.olderMs);
        return;
      case "redis away":
        redis.up = false;
        later(() => redis.heal());
        return;
      case "nats away":
        nats.up = false;
        later(() => {
          nats.up = true;
        });
        return;
      case "redis slow":
        redis.latencyMs = step.latencyMs;
        later(() => redis.heal());
        return;
      case "redis refuses":
        redis.refusedShare = step.share;
        later(() => redis.heal());
        return;
      case "redis clock":
        redis.skewMs += step.jumpMs;
    }
  }

  #heal(): void {
    this.redis.heal();
    this.nats.up = true;
    for (const edge of this.edges) if (edge.alive) edge.resume();
    while (this.replicas.filter(({ alive }) => alive).length < REPLICAS) this.#addReplica();
  }

  /**
   * G5 promises what can be told: not of a word that is on its way for as long as a client takes to come back, nor of
   * sockets with a gap in Redis's time between them.
   */
  #noteLateWord({ before, event, step: { outcome, state } }: Commit): void {
    if (state.clock.passedMs - before.clock.passedMs >= GAP_PASSED_MS) this.#gapMs = this.scheduler.nowMs;
    if (event.type !== "op" || event.op.op !== "open" || outcome.type !== "op" || outcome.result.kind !== "open")
      return;
    const client = this.#clientOf(event.op.ref);
    const lateMs = this.scheduler.nowMs - (this.#sentMs.get(event.op) ?? this.scheduler.nowMs);
    const cannotTell = lateMs >= RETURN_LEAST_MS || client.connectedMs <= this.#gapMs;
    if (client.edge?.id !== event.edge && cannotTell) client.overtaken = true;
  }
  #clientOf({ user, session }: SessionRef): Client {
    return this.clients.find(({ ref }) => ref.user === user && ref.session === session)!;
  }
}
