/**
 * Readiness with hysteresis: a load balancer that takes a process out for one slow check does more harm than the check
 * found. Ready after the first success; not ready after `FAILURES` failures in a row; ready again after `SUCCESSES`.
 */

import type { Clock, Timer } from "./clock.ts";

export interface Readiness {
  isReady(): boolean;
  wasReady(): boolean;
  /** Not ready from now on, at once and for ever. */
  setDraining(): void;
  close(): void;
}

const EVERY_MS = 200;
/** Until it was ready once: whoever starts a service waits for this. */
const FIRST_EVERY_MS = 50;
const CHECK_TIMEOUT_MS = 1_000;
const FAILURES = 3;
const SUCCESSES = 2;

export function createReadiness(options: { check: () => boolean | Promise<boolean>; clock: Clock }): Readiness {
  const { check, clock } = options;
  let ready = false;
  let everReady = false;
  let draining = false;
  let streak = 0;
  let closed = false;
  let next: Timer | undefined;

  function record(good: boolean): void {
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

  async function answer(): Promise<boolean> {
    let deadline: Timer | undefined;
    const tooLate = new Promise<boolean>((resolve) => {
      deadline = clock.setTimer(CHECK_TIMEOUT_MS, () => resolve(false));
    });
    try {
      return await Promise.race([check(), tooLate]);
    } catch {
      return false; // a check that cannot be made is a check that failed
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
