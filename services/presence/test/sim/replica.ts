/** A presence replica of a simulated world: answers edges, sweeps, raises the epoch, and may be killed at any point. */

import type { ControlMessage, LaneOp } from "@rollcall/contracts/internal";
import { judge, newObserver, observe } from "../../src/core/observer.ts";
import type { CellEvent, Step } from "../../src/core/reduce.ts";
import type { OpResult } from "../../src/store.ts";
import type { Nats } from "./nats.ts";
import { type Redis, SIM_BOUNDS } from "./redis.ts";
import type { Scheduler } from "./scheduler.ts";

const SWEEP_MS = 250;
const MOST_CALLS = 40;
const EPOCH_ATTEMPTS = 3;
const LOST: OpResult = { kind: "error", code: "UNAVAILABLE", message: "" };

export interface Answer {
  status: "OK" | "UNKNOWN_EDGE";
  results: OpResult[];
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
    redis.call(event, (step) => {
      if (!this.alive) return;
      if (step === undefined) return done(undefined);
      this.#seenEpoch = Math.max(this.#seenEpoch, step.state.epoch);
      if (step.outcome.type !== "EPOCH") return done(step);
      if (attempt === EPOCH_ATTEMPTS) return done(undefined);
      redis.call({ type: "raise", run: redis.run, seenEpoch: this.#seenEpoch }, (raised) => {
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
    const results: OpResult[] = [];
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
        const gap = status === "OK" && results.some((result) => result?.kind === "gap");
        done(failed || gap ? undefined : { status, results });
      });
    }
  }

  /** A repeat is answered by what is there now, as the lane door does. */
  #settled(edge: string, op: LaneOp, result: OpResult): OpResult {
    if (result.kind !== "repeat" || (op.op !== "open" && op.op !== "join")) return result;
    const { tenant, namespace, user, session } = op.ref;
    const sessions = this.#world.redis.cell.users.get(`${tenant} ${user}`)?.sessions ?? [];
    const found = sessions.find(({ ns, id }) => ns === namespace && id === session);
    const isHere = found?.edge === edge && found.lost === undefined;
    if (!isHere || (op.op === "join" && !found.rooms.some(({ room }) => room === op.room))) return LOST;
    if (op.op === "join") return result;
    const { incarnation, rooms } = found;
    return { kind: "open", incarnation, resumed: true, elsewhere: undefined, memberships: [...rooms] };
  }

  #tell(edge: string, op: LaneOp, result: OpResult): void {
    if (op.op !== "open" || result.kind !== "open" || result.elsewhere === undefined || result.elsewhere === edge)
      return;
    this.#world.control(result.elsewhere, { kind: "replaced", ref: op.ref, incarnation: result.incarnation });
  }

  #tick(): void {
    this.#world.scheduler.after(SWEEP_MS, () => {
      if (!this.alive) return;
      this.#tick();
      this.#sweep();
    });
  }

  #sweep(): void {
    const { scheduler, redis, nats } = this.#world;
    const { nowMs } = scheduler;
    this.#observer = observe(this.#observer, { kind: "look", redisUp: redis.up, natsUp: nats.up }, nowMs);
    if (!redis.up) return;
    const now = { nowMs, loopDelayMs: 0, leaseMs: SIM_BOUNDS.leaseMs, natsUp: nats.up };
    const verdict = judge(this.#observer, now);
    if (verdict.kind === "sick") {
      this.#timed({ type: "lease", edge: "nobody" });
      return;
    }
    const again = (calls: number) =>
      this.#timed({ type: "sweep", well: verdict.well, brake: verdict.brake }, (step) => {
        if (step.outcome.type === "sweep" && step.outcome.more && calls < MOST_CALLS) again(calls + 1);
      });
    again(1);
  }

  #timed(event: CellEvent, done: (step: Step) => void = () => {}): void {
    const { scheduler } = this.#world;
    const startedMs = scheduler.nowMs;
    this.ask(event, (step) => {
      const roundTripMs = scheduler.nowMs - startedMs;
      this.#observer = observe(this.#observer, { kind: "answered", roundTripMs }, scheduler.nowMs);
      if (step !== undefined) done(step);
    });
  }
}
