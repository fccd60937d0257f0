/** The Redis of a simulated world: one cell, and what may befall it. */

import type { Random } from "@rollcall/runtime";
import { type Bounds, type Cell, newCell } from "../../src/core/cell.ts";
import type { CellEvent, reduce, Step } from "../../src/core/reduce.ts";
import type { Scheduler } from "./scheduler.ts";

export type Reduce = typeof reduce;

/** One call and what it did, as it is committed. */
export interface Commit {
  before: Cell;
  event: CellEvent;
  step: Step;
}

export const SIM_BOUNDS: Bounds = {
  graceMs: 10_000,
  leaseMs: 6_000,
  brakeMs: 30_000,
  occupancyAbove: 500,
  occupancyBelow: 100,
  traceToClient: true,
};
const START_MS = Date.UTC(2026, 0, 1);
const COPY_EVERY_MS = 500;
const REFUSED_MS = 5;
/** One call of a pipeline may fail alone: out of memory, or a script not loaded. */
const USUALLY_REFUSED = 0.01;

export class Redis {
  up = true;
  cell: Cell = newCell();
  /** What Redis's own clock is off by. */
  skewMs = 0;
  latencyMs = 1;
  refusedShare = USUALLY_REFUSED;
  #run = 1;
  #copies: { atMs: number; cell: Cell }[] = [];
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #reduce: Reduce;
  readonly #committed: (commit: Commit) => void;

  constructor(scheduler: Scheduler, random: Random, reduceWith: Reduce, committed: (commit: Commit) => void) {
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
    const old = this.#copies.findLast(({ atMs }) => atMs <= this.#scheduler.nowMs - olderMs);
    this.cell = old?.cell ?? newCell();
    this.#run++;
  }

  heal(): void {
    this.up = true;
    this.latencyMs = 1;
    this.refusedShare = USUALLY_REFUSED;
  }

  /** The answer, or undefined when there is none: down now, or when it was to be sent back. */
  call(event: CellEvent, done: (step: Step | undefined) => void): void {
    const { latencyMs, run } = this;
    const isRefused = this.#random.float() < this.refusedShare;
    if (!this.up) {
      this.#scheduler.after(REFUSED_MS, () => done(undefined));
      return;
    }
    this.#scheduler.after(latencyMs, () => {
      // A connection does not outlive its server.
      const step = this.up && !isRefused && run === this.run ? this.#commit(run, event) : undefined;
      this.#scheduler.after(latencyMs, () => done(this.up && run === this.run ? step : undefined));
    });
  }

  #commit(run: string, event: CellEvent): Step {
    const { nowMs } = this.#scheduler;
    const before = this.cell;
    const redisMs = START_MS + Math.floor(nowMs) + this.skewMs;
    const step = this.#reduce(before, event, { run, nowMs: redisMs, bounds: SIM_BOUNDS });
    this.cell = step.state;
    this.#committed({ before, event, step });
    if (nowMs - (this.#copies.at(-1)?.atMs ?? -COPY_EVERY_MS) >= COPY_EVERY_MS) {
      this.#copies.push({ atMs: nowMs, cell: this.cell });
      if (this.#copies.length > 20) this.#copies = this.#copies.slice(-10);
    }
    return step;
  }
}
