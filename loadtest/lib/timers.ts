/**
 * Timers inside k6. k6's own (1.8) run the wrong one early when the first is cleared in the moment it fires, so there is
 * only ever one of them, which is never cleared; the others are in a list. What is measured is never measured by them.
 */

import { setTimeout } from "k6/timers";
import { type Timer, TimerList } from "./timer-list.ts";

export type { Timer } from "./timer-list.ts";

const TICK_MS = 10;
const list = new TimerList();
let ticking = false;

export function after(ms: number, run: () => void): Timer {
  const timer = list.add(Date.now() + Math.max(0, ms), run);
  if (!ticking) tick();
  return timer;
}

export const cancel = (timer: Timer | undefined): void => {
  if (timer !== undefined) list.cancel(timer);
};

/** Stops by itself when there is nothing to wait for: k6 ends an iteration when no timer is left. */
function tick(): void {
  ticking = list.size > 0;
  if (!ticking) return;
  setTimeout(() => {
    list.runDue(Date.now());
    tick();
  }, TICK_MS);
}
