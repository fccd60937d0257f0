/**
 * Readiness with hysteresis: a load balancer that takes a process out for one slow check does more harm than the check
 * found. Ready after the first success; not ready after `FAILURES` failures in a row; ready again after `SUCCESSES`.
 */

import type { Clock, Timer } from "./clock.ts";
import type { Need } from "./needs.ts";

export interface Readiness {
  isReady(): boolean;
  /** Why it is not ready: what failed last. Empty while it is. */
  unmet(): readonly Need[];
  wasReady(): boolean;
  /** Not ready from now on, at once and for ever. */
  setDraining(): void;
  close(): void;
}

/** None: all that the work needs is there. */
type Unmet = readonly Need[];

const EVERY_MS = 200;
/** Until it was ready once: whoever starts a service waits for this. */
const FIRST_EVERY_MS = 50;
const CHECK_TIMEOUT_MS = 1_000;
const FAILURES = 3;
const SUCCESSES = 2;

export function createReadiness(options: { check: () => Unmet | Promise<Unmet>; clock: Clock }): Readiness {
  const { check, clock } = options;
  let ready = false;
  let failed: Unmet = ["starting"];
  let everReady = false;
  let draining = false;
  let streak = 0;
  let closed = false;
  let next: Timer | undefined;

  function record(unmet: Unmet): void {
    const good = unmet.length === 0;
    if (!good) failed = unmet;
    if (good === ready) {
      streak = 0;
      return;
    }
    streak++;
    const needed = good ? (everReady ? SUCCESSES : 1) : FAILURES;
    if (streak < needed) return;
    ready = good;
    everReady ||= good;
    streak = 0;
  }

  async function answer(): Promise<Unmet> {
    let deadline: Timer | undefined;
    const tooLate = new Promise<Unmet>((resolve) => {
      deadline = clock.setTimer(CHECK_TIMEOUT_MS, () => resolve(["check"]));
    });
    try {
      return await Promise.race([check(), tooLate]);
    } catch {
      return ["check"]; // one that cannot be made is a check that failed
    } finally {
      deadline?.cancel();
    }
  }

  async function round(): Promise<void> {
    record(await answer());
    if (!closed) next = clock.setTimer(everReady ? EVERY_MS : FIRST_EVERY_MS, () => void round());
  }

  void round();
  return {
    isReady: () => ready && !draining,
    unmet: () => (draining ? ["stopping"] : ready ? [] : failed),
    wasReady: () => everReady,
    setDraining() {
      draining = true;
    },
    close() {
      closed = true;
      next?.cancel();
    },
  };
}
