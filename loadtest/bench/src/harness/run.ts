/** Runs a bench: every contender in every round, then rows. */

import { systemClock } from "@rollcall/runtime";
import type { Bench, BenchContext, Contender, Record } from "./bench.ts";
import { describeMachine, load } from "./machine.ts";
import { type Result, rowsOf } from "./result.ts";

export interface RunOptions extends BenchContext {
  rounds?: number | undefined;
  /** Baselines wanted; Rollcall always runs. Default: all that the bench knows. */
  compare?: readonly Contender[] | undefined;
}

/** Thrown by `start`: this contender cannot run on this machine, which is no failure of the bench. */
export class Absent extends Error {}

export async function runBench(bench: Bench, options: RunOptions): Promise<Result> {
  const { smoke, compare, say } = options;
  const rounds = options.rounds ?? (smoke ? 1 : bench.rounds);
  const startedAt = new Date(systemClock.now()).toISOString();
  const startedMs = systemClock.monotonic();
  const before = load();
  const recorded = new Map<string, Map<Contender, number[]>>();
  const absent: Result["absent"] = [];
  const recorder = (contender: Contender): Record => {
    return (measure, value) => {
      if (!bench.measures.some(({ name }) => name === measure))
        throw new Error(`${bench.id} has no measure ${measure}`);
      if (!Number.isFinite(value)) throw new Error(`${bench.id}, ${measure} of ${contender}: ${value} is no value`);
      const ofMeasure = recorded.get(measure) ?? new Map<Contender, number[]>();
      recorded.set(measure, ofMeasure.set(contender, [...(ofMeasure.get(contender) ?? []), value]));
    };
  };

  await using stack = new AsyncDisposableStack();
  const running = new Map<Contender, (record: Record) => Promise<void>>();
  const wanted = bench.contenders.filter((one) => one === "rollcall" || compare === undefined || compare.includes(one));
  for (const contender of wanted) {
    const say = (text: string) => options.say(`${bench.id} ${contender}: ${text}`);
    try {
      running.set(contender, await bench.start(contender, { smoke, say }, stack));
    } catch (error) {
      if (!(error instanceof Absent)) throw error;
      absent.push({ contender, reason: error.message });
      say(`left out, ${error.message}`);
    }
  }
  for (let round = 1; round <= rounds; round++) {
    say(`${bench.id}: round ${round} of ${rounds}`);
    const takes = [...running].map(
      ([contender, take]) =>
        () =>
          take(recorder(contender)),
    );
    if (bench.order === "together") await Promise.all(takes.map((take) => take()));
    else for (const take of takes) await take();
  }
  return {
    bench: bench.id,
    title: bench.title,
    method: bench.method,
    remarks: [...(bench.remarks ?? [])],
    command: `./rollcall bench ${bench.id}${rounds === bench.rounds ? "" : ` --rounds ${rounds}`}`,
    smoke,
    rounds,
    startedAt,
    seconds: Math.round((systemClock.monotonic() - startedMs) / 1_000),
    load: [before, load()],
    machine: describeMachine(),
    rows: rowsOf(bench, recorded),
    absent,
  };
}
