/**
 * Keeping a copy of something that the server has: ask for it, fold onto the answer what came meanwhile, follow, and ask
 * again when something is missing. Rooms, watches and the inbox are followed alike; rules R1-R7 of `SPEC.md`.
 */

import { backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { RollcallError } from "./errors.ts";
import type { Report } from "./readable.ts";

export interface Followed<M> {
  /** Takes a fresh copy, or `"gap"`. Looks at `current()` after each await and gives up when it is false. */
  ask(current: () => boolean): Promise<unknown>;
  /** Folds a message onto the copy; `"gap"`: something before it is missing. */
  fold(message: M): unknown;
  /** Something may look different now. */
  changed(): void;
  /** The server's answer will not change. */
  refused(error: RollcallError): void;
}

export interface Follow<M> {
  /** The copy is equal to the server's, as far as can be known. */
  live(): boolean;
  /** Gaps since an answer last fitted: from the second on, the copy itself is in doubt (R5). */
  gaps(): number;
  /** Asks now, in place of whatever was planned or under way; or, unless something is planned, after a time (R6). */
  start(afterMs?: number): void;
  stop(): void;
  receive(message: M): void;
}

export const MAX_KEPT = 2_000;
/** A lost message is noticed by everybody at the same time. */
export const REPAIR_SPREAD_MS = 500;

export function createFollow<M>(clock: Clock, report: Report, followed: Followed<M>): Follow<M> {
  /** Moves with every question and every stop: an answer to an older one is void (R2). */
  let turn = 0;
  let live = false;
  let tries = 0;
  let gaps = 0;
  /** Messages to be folded onto the answer. */
  let kept: M[] = [];
  let cancel: (() => void) | undefined;

  function stop(): void {
    turn++;
    live = false;
    kept = [];
    cancel?.();
    cancel = undefined;
  }

  async function ask(): Promise<void> {
    stop();
    const own = turn;
    const current = () => own === turn;
    try {
      followed.changed();
      const answer = await followed.ask(current);
      if (!current()) return;
      tries = 0;
      live = true;
      // R3: then what came while the answer was made. More than can be kept counts as a gap.
      const gap =
        answer === "gap" || kept.length > MAX_KEPT || kept.some((message) => followed.fold(message) === "gap");
      kept = [];
      if (gap) repair();
      else gaps = 0;
      followed.changed();
    } catch (error) {
      if (!current()) return;
      const known = error instanceof RollcallError;
      // Else an answer that cannot be read: no fault of the app, and perhaps not for ever.
      if (!known) report(error);
      // NOT_A_MEMBER, to a later page: the server forgot us meanwhile, and asking anew is the remedy.
      if (known && !error.retryable && error.code !== "NOT_A_MEMBER") followed.refused(error);
      else start(backoffMs(tries++, clock.random(), known ? error.retryAfterMs : 0)); // R7
    }
  }

  /** R4 */
  function repair(): void {
    stop();
    start(gaps++ === 0 ? clock.random() * REPAIR_SPREAD_MS : backoffMs(gaps, clock.random()));
  }

  function start(afterMs?: number): void {
    if (afterMs === undefined) void ask();
    else cancel ??= clock.timer(afterMs, () => void ask());
  }

  return {
    live: () => live,
    gaps: () => gaps,
    start,
    stop() {
      stop();
      followed.changed();
    },
    receive(message) {
      if (live) {
        if (followed.fold(message) === "gap") repair();
        followed.changed();
      } else if (kept.length <= MAX_KEPT) kept.push(message);
    },
  };
}
