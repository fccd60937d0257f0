/** What a bench is: measures with goals, and for each contender a way to take them once. */

export const CONTENDERS = ["rollcall", "stock", "ws", "centrifuge"] as const;
export type Contender = (typeof CONTENDERS)[number];
/** Ratios are to this one, in the same round. */
export const BASELINE = "stock" satisfies Contender;

/** How good Rollcall must be: an absolute value, or one relative to the baseline in the same round. */
export type Goal = { atMost: number } | { atLeast: number } | { timesBaseline: number };

export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly goal?: Goal;
  readonly stretch?: Goal;
}

/** Adds one value to a measure. */
export type Record = (measure: string, value: number) => void;

export interface BenchContext {
  /** Small enough for seconds: shows that the bench works, its figures mean nothing. */
  readonly smoke: boolean;
  /** Progress, for people. */
  say(text: string): void;
}

export interface Bench {
  readonly id: string;
  readonly title: string;
  /** How it is measured and with which numbers: a paragraph of the report. */
  readonly method: string;
  readonly contenders: readonly Contender[];
  readonly measures: readonly Measure[];
  /** Rounds of a full run. */
  readonly rounds: number;
  /**
   * `turns`: contenders run together and are measured one after the other within a round. `together`: at the same
   * time, for measures that mostly wait.
   */
  readonly order: "turns" | "together";
  /** What is not the same for everyone, said in the report. */
  readonly remarks?: readonly string[];
  /** Starts a contender and puts all it started on the stack; gives what takes every measure once. */
  start(
    contender: Contender,
    context: BenchContext,
    stack: AsyncDisposableStack,
  ): Promise<(record: Record) => Promise<void>>;
}
