/** A backlog drained by a notifier that was held up: how fast, and what it cost. */

import { waitFor } from "@rollcall/testkit";
import { monotonicMs } from "../fleet/monotonic.ts";
import { cpuUs, rssBytes } from "../harness/usage.ts";
import type { Publisher } from "../servers/publisher.ts";
import type { World } from "../servers/world.ts";

export interface Drained {
  perSecond: number;
  /** Of the notifier. */
  cpuUsPerEvent: number;
  /** Its memory, bytes, at each look. */
  rss: number[];
}

const LOOK_MS = 100;
const DRAIN_MS = 1_200_000;

/** `count` events wait while it is held up; then everything is taken. The time runs from the first that is. */
export async function drain(
  world: World,
  publisher: Publisher,
  count: number,
  fill: () => Promise<void>,
): Promise<Drained> {
  const [notifier] = world.cluster!.notifiers;
  const { pid } = notifier!;
  notifier!.pause();
  await fill();
  const beforeUs = cpuUs(pid);
  notifier!.resume();
  let startMs = monotonicMs();
  const rss: number[] = [];
  await waitFor(
    async () => {
      const left = await publisher.outstanding();
      if (left === count) startMs = monotonicMs();
      rss.push(rssBytes(pid));
      return left === 0;
    },
    { timeoutMs: DRAIN_MS, everyMs: LOOK_MS, what: "the backlog to be drained" },
  );
  const tookMs = monotonicMs() - startMs;
  return { perSecond: (count / tookMs) * 1_000, cpuUsPerEvent: (cpuUs(pid) - beforeUs) / count, rss };
}
