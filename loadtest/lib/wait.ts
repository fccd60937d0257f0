/** Waiting inside k6's event loop. Every wait has an end. */

import { after } from "./timers.ts";

const POLL_MS = 20;

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    after(ms, resolve);
  });

/** Whether it became true in time. */
export async function until(condition: () => boolean, withinMs: number): Promise<boolean> {
  const endMs = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() >= endMs) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** `count` things begun evenly over `overMs`, so that a ramp is one. */
export async function paced(count: number, overMs: number, begin: (index: number) => Promise<void>): Promise<void> {
  const startMs = Date.now();
  const begun: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    const waitMs = startMs + (i * overMs) / count - Date.now();
    if (waitMs > 0) await sleep(waitMs);
    begun.push(begin(i));
  }
  await Promise.all(begun);
}

/**
 * So often as long as `going`, begun at a random moment: a crowd does not act in chorus. What a stall made impossible is
 * left out, not made up for: a burst would be refused.
 */
export async function beat(perSecond: number, going: () => boolean, act: () => Promise<void>): Promise<void> {
  const periodMs = 1_000 / perSecond;
  await sleep(Math.random() * periodMs);
  for (let nextMs = Date.now(); going(); nextMs = Math.max(nextMs + periodMs, Date.now())) {
    await sleep(nextMs - Date.now());
    await act();
  }
}
