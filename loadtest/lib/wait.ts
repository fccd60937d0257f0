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
