/** Redis, NATS and the presence replicas of a simulated world, with what may befall them. */

import type { ControlMessage, LaneOp } from "@rollcall/contracts/internal";
import type { Random } from "@rollcall/runtime";
import { type Bounds, type Cell, newCell } from "../../src/core/cell.ts";
import { judge, newObserver, observe } from "../../src/core/observer.ts";
import type { CellEvent, Outcome, reduce, Step } from "../../src/core/reduce.ts";
import type { Scheduler } from "./scheduler.ts";

export type Reduce = typeof reduce;

export const SIM_BOUNDS: Bounds = {
  graceMs: 10_000,
  leaseMs: 6_000,
  brakeMs: 30_000,
  occupancyAbove: 500,
  occupancyBelow: 100,
};
const SWEEP_MS = 250;
const REFUSED = 0.01;
const START_MS = Date.UTC(2026, 0, 1);

export interface Answer {
  status: "OK" | "UNKNOWN_EDGE";
  epoch: number;
  brake: boolean;
  results: Extract<Outcome, { type: "op" }>["result"][];
}

export class Redis {
  up = true;
  cell: Cell = newCell();
  /** What Redis's own clock is off by. */
  skewMs = 0;
  latencyMs = 1;
  #run = 1;
  readonly #snapshots: { atMs: number; cell: Cell }[] = [];
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #reduce: Reduce;
  readonly #committed: (step: Step) => void;

  constructor(scheduler: Scheduler, random: Random, reduceWith: Reduce, committed: (step: Step) => void) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#reduce = reduceWith;
    this.#committed = committed;
  }

  get run(): string {
    return `run-${this.#run}`;
  }

  /** FLUSHALL, or a restart without data. */
  flush(restart: boolean): void {
    this.cell = newCell();
    if (restart) this.#run++;
  }

  /** A replica that lags is promoted, or an older copy is loaded. */
  failover(olderMs: number): void {
    const old = this.#snapshots.findLast(({ atMs }) => atMs <= this.#scheduler.nowMs - olderMs);
    this.cell = old?.cell ?? newCell();
    this.#run++;
  }

  /** The answer, or undefined when there is none: down now, or when it was to be sent back. */
  call(run: string, event: CellEvent, done: (step: Step | undefined) => void): void {
    const later = (ms: number, fn: () => void) => this.#scheduler.after(ms, fn);
    if (!this.up) {
      later(5, () => done(undefined));
      return;
    }
    // One call of a pipeline may fail alone: out of memory, or a script not loaded.
    const refused = this.#random.float() < REFUSED;
    later(this.latencyMs, () => {
      if (!this.up || refused) {
        done(undefined);
        return;
      }
      const nowMs = START_MS + Math.floor(this.#scheduler.nowMs) + this.skewMs;
      const step = this.#reduce(this.cell, event, { run, nowMs, bounds: SIM_BOUNDS });
      this.cell = step.state;
      this.#committed(step);
      const last = this.#snapshots.at(-1);
      if (last === undefined || this.#scheduler.nowMs - last.atMs > 500) {
        this.#snapshots.push({ atMs: this.#scheduler.nowMs, cell: this.cell });
      }
      later(this.latencyMs, () => done(this.up ? step : undefined));
    });
  }
}

/** At most once, in any order, now and then twice. */
export class Nats {
  up = true;
  readonly #scheduler: Scheduler;
  readonly #random: Random;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  send(deliver: () => void): void {
    if (!this.up) return;
    const copies = this.#random.float() < 0.02 ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const slow = this.#random.float() < 0.02 ? 3_000 : 5;
      this.#scheduler.after(1 + this.#random.float() * slow, () => {
        if (this.up) deliver();
      });
    }
  }
}

export interface ReplicaWorld {
  scheduler: Scheduler;
  redis: Redis;
  nats: Nats;
  /** To one edge, or to all. */
  control(edge: string | undefined, message: ControlMessage): void;
}

export class Replica {
  alive = true;
  readonly #world: ReplicaWorld;
  #observer = newObserver;
  #seenEpoch: number;

  /** `seenEpoch`: the last one told to the backends. */
  constructor(world: ReplicaWorld, seenEpoch: number) {
    this.#world = world;
    this.#seenEpoch = seenEpoch;
    this.#tick();
  }

  kill(): void {
    this.alive = false;
  }

  /** Raises the epoch when that is what it takes. */
  ask(event: CellEvent, done: (step: Step | undefined) => void, attempt = 0): void {
    const { redis } = this.#world;
    const { run } = redis;
    redis.call(run, event, (step) => {
      if (!this.alive) return;
      if (step === undefined) return done(undefined);
      this.#seenEpoch = Math.max(this.#seenEpoch, step.state.epoch);
      if (step.outcome.type !== "EPOCH") return done(step);
      if (attempt === 3) return done(undefined);
      redis.call(redis.run, { type: "raise", run: redis.run, seenEpoch: this.#seenEpoch }, (raised) => {
        if (!this.alive || raised === undefined) return;
        if (raised.outcome.type === "raise" && raised.outcome.raised) {
          this.#world.control(undefined, { kind: "epoch", epoch: String(raised.state.epoch) });
        }
        this.ask(event, done, attempt + 1);
      });
    });
  }

  /** A batch: pipelined, so a failure in the middle leaves the rest to the gap rule. */
  lane(edge: string, ops: readonly LaneOp[], done: (answer: Answer | undefined) => void): void {
    const results: Answer["results"] = [];
    let answered = 0;
    let failed = false;
    let status: Answer["status"] = "OK";
    for (const [i, op] of ops.entries()) {
      this.ask({ type: "op", edge, op }, (step) => {
        answered++;
        if (step?.outcome.type === "op") {
          if (step.outcome.status === "UNKNOWN_EDGE") status = "UNKNOWN_EDGE";
          results[i] = this.#settled(edge, op, step.outcome.result);
          this.#tell(edge, op, step.outcome.result);
        } else failed = true;
        if (answered < ops.length) return;
        const gap = results.some((result) => result?.kind === "gap");
        if (failed || (gap && status === "OK")) return done(undefined);
        const { epoch, brake } = this.#world.redis.cell;
        done({ status, epoch, brake: brake !== undefined, results });
      });
    }
  }

  /** A repeat is answered by what is there now, as the lane door does. */
  #settled(edge: string, op: LaneOp, result: Answer["results"][number]): Answer["results"][number] {
    if (result.kind !== "repeat" || op.op !== "open") return result;
    const { tenant, namespace, user, session } = op.ref;
    const sessions = this.#world.redis.cell.users.get(`${tenant} ${user}`)?.sessions ?? [];
    const found = sessions.find(({ ns, id }) => ns === namespace && id === session);
    if (found?.edge !== edge || found.lost !== undefined) return { kind: "error", code: "UNAVAILABLE", message: "" };
    const { incarnation, rooms } = found;
    return { kind: "open", incarnation, resumed: true, elsewhere: undefined, memberships: [...rooms] };
  }

  #tell(edge: string, op: LaneOp, result: Answer["results"][number]): void {
    if (result.kind !== "open" || op.op !== "open" || result.elsewhere === undefined || result.elsewhere === edge)
      return;
    this.#world.control(result.elsewhere, { kind: "replaced", ref: op.ref, incarnation: result.incarnation });
  }

  #tick(): void {
    const { scheduler, redis, nats } = this.#world;
    scheduler.after(SWEEP_MS, () => {
      if (!this.alive) return;
      this.#tick();
      const { nowMs } = scheduler;
      this.#observer = observe(this.#observer, { kind: "look", redisUp: redis.up, natsUp: nats.up }, nowMs);
      if (!redis.up) return;
      const now = { nowMs, loopDelayMs: 0, leaseMs: SIM_BOUNDS.leaseMs, natsUp: nats.up };
      const verdict = judge(this.#observer, now);
      if (verdict.kind === "sick") return this.#answered(() => ({ type: "lease", edge: "nobody" }));
      const again = (calls: number) =>
        this.#answered(
          () => ({ type: "sweep", well: verdict.well, brake: verdict.brake }),
          (step) => {
            if (step.outcome.type === "sweep" && step.outcome.more && calls < 40) again(calls + 1);
          },
        );
      again(1);
    });
  }

  #answered(event: () => CellEvent, done: (step: Step) => void = () => {}): void {
    const { scheduler } = this.#world;
    const startedMs = scheduler.nowMs;
    this.ask(event(), (step) => {
      const roundTripMs = scheduler.nowMs - startedMs;
      this.#observer = observe(this.#observer, { kind: "answered", roundTripMs }, scheduler.nowMs);
      if (step !== undefined) done(step);
    });
  }
}
