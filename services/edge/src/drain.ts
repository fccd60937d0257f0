/**
 * A stopping edge lets its clients go in slices: each is told by when its connection closes, and closes then, so that
 * the other edges meet a stream and not a wave. Never a DISCONNECT packet: stock clients would not come back.
 */

import type { Clock } from "@rollcall/runtime";

/** Connections closed at once are the smallest wave there can be. */
const SLICE_MS = 100;

export interface DrainPlan<T> {
  /** In the order in which they close. */
  slices: { atMs: number; items: T[] }[];
}

/** Spreads `items` evenly over `overMs`, in a random order that `random` ([0, 1)) gives. */
export function planDrain<T>(items: readonly T[], overMs: number, random: () => number): DrainPlan<T> {
  const count = Math.max(1, Math.floor(overMs / SLICE_MS));
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  const slices = Array.from({ length: count }, (_, i) => ({ atMs: (i + 1) * SLICE_MS, items: [] as T[] }));
  for (const [i, item] of shuffled.entries()) slices[Math.floor((i * count) / shuffled.length)]!.items.push(item);
  return { slices: slices.filter(({ items: some }) => some.length > 0) };
}

export interface DrainSteps<T> {
  tell(item: T, reconnectInMs: number): void;
  close(item: T): void;
}

/** Tells everyone first, then closes slice by slice. Resolves after the last. */
export async function drain<T>(plan: DrainPlan<T>, steps: DrainSteps<T>, clock: Clock): Promise<void> {
  for (const { atMs, items } of plan.slices) for (const item of items) steps.tell(item, atMs);
  const startedAtMs = clock.monotonic();
  for (const { atMs, items } of plan.slices) {
    const waitMs = startedAtMs + atMs - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs);
    for (const item of items) steps.close(item);
  }
}
