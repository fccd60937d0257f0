/**
 * Runs each test once more for every mutant it reaches, by Vitest's own repetitions, so hooks and fixtures are as always.
 * The first run notes what each test reaches; later ones try what they were given.
 */

import fc from "fast-check";
import { inject, type RunnerTestCase, TestRunner } from "vitest";
import type { Kept, Switch } from "./switched.ts";

export interface Orders {
  /** By test, the mutants to try; a test that is not there does not run. Without it: note what is reached. */
  tries?: Record<string, { mutants: number[]; steps: number }>;
  /** The one mutant that is in force from the start, while modules are loaded. */
  active?: number;
}

declare module "vitest" {
  interface ProvidedContext {
    orders: Orders;
  }
  interface TaskMeta {
    reached?: number[];
    /** What was reached before it: while modules were loaded, or by a hook of its file. */
    loaded?: number[];
    /** Switches asked and turns of loops. */
    steps?: number;
    killed?: number[];
  }
}

/** Of what the test takes without a mutant; what takes more has no end. */
const MORE_STEPS = 10;
const LEAST_STEPS = 20_000;

const state = { active: -1, steps: 0, maxSteps: Number.POSITIVE_INFINITY, reached: new Set<number>() };
/** Of this worker, over its files: the runner is loaded anew for each. */
const { killed, kept } = ((globalThis as { __mutation?: Remembered }).__mutation ??= { killed: new Set(), kept: [] });

interface Remembered {
  killed: Set<number>;
  /** With what the module itself put in while it was loaded. */
  kept: { all: Kept; first: unknown[] }[];
}

function step(): true {
  if (++state.steps > state.maxSteps) throw new Error("a loop without an end");
  return true;
}

const theSwitch: Switch = {
  is(id) {
    if (state.active === -1) state.reached.add(id);
    return step() && id === state.active;
  },
  turn: step,
  *turns(all) {
    for (const one of all) if (step()) yield one;
  },
  keeps: (all) => void kept.push({ all, first: [...all] }),
};

function forget(): void {
  for (const { all, first } of kept) {
    all.clear();
    for (const one of first) {
      if (all instanceof Map) all.set(...(one as [unknown, unknown]));
      else all.add(one);
    }
  }
}

export default class MutationRunner extends TestRunner {
  #orders = inject("orders");
  #mutants: number[] = [];

  constructor(config: TestRunner["config"]) {
    super(config);
    Object.assign(globalThis, { __switch: theSwitch });
    if (this.#orders.active !== undefined) {
      state.active = this.#orders.active;
      state.maxSteps = MORE_STEPS * LEAST_STEPS;
    }
    fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 1, endOnFailure: true });
  }

  override async onBeforeRunTask(test: RunnerTestCase): Promise<void> {
    await super.onBeforeRunTask(test);
    const { tries } = this.#orders;
    if (tries === undefined) return;
    this.#mutants = (tries[test.id]?.mutants ?? []).filter((mutant) => !killed.has(mutant));
    if (this.#mutants.length === 0) test.mode = "skip";
    else test.repeats = this.#mutants.length - 1;
  }

  override onBeforeTryTask(test: RunnerTestCase, options: { retry: number; repeats: number }): void {
    super.onBeforeTryTask(test, options);
    forget();
    state.steps = 0;
    if (this.#orders.tries === undefined) test.meta.loaded = [...state.reached];
    state.reached.clear();
    const mine = this.#orders.tries?.[test.id];
    if (mine === undefined) return;
    state.active = this.#mutants[options.repeats]!;
    state.maxSteps = LEAST_STEPS + MORE_STEPS * mine.steps;
  }

  override async onAfterRetryTask(test: RunnerTestCase, options: { retry: number; repeats: number }): Promise<void> {
    await super.onAfterRetryTask(test, options);
    const failed = test.result?.state === "fail";
    if (this.#orders.active !== undefined) return;
    if (this.#orders.tries === undefined) {
      test.meta.reached = [...state.reached];
      test.meta.steps = state.steps;
      state.reached.clear();
      return;
    }
    if (failed) {
      killed.add(state.active);
      (test.meta.killed ??= []).push(state.active);
    }
    state.active = -1;
    state.maxSteps = Number.POSITIVE_INFINITY;
    delete test.result?.errors; // thousands of them, that nobody reads
  }
}
