/** How many records are open and how many notices wait for each channel, told every few seconds: what is asked of Redis should not hang on scrapes. */

import type { Clock, Logger, Metrics, Timer } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import type { Queue } from "bullmq";

const STATES = ["waiting", "delayed", "active"] as const;
const EVERY_MS = 5_000;

export interface QueueGaugeOptions {
  queues: ReadonlyMap<string, Queue>;
  countOpen(): Promise<number>;
  isUp(): boolean;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}

/** Cancel it to stop. */
export function startQueueGauge({ queues, countOpen, isUp, clock, logger, metrics }: QueueGaugeOptions): Timer {
  const jobs = metrics.gauge(METRICS.notifierFallbackJobs);
  const open = metrics.gauge(METRICS.notifierOpen);
  const look = async (channel: string, queue: Queue) => {
    const counts = await queue.getJobCounts(...STATES);
    for (const state of STATES) jobs.set({ channel, state }, counts[state] ?? 0);
  };
  return clock.setRepeating(EVERY_MS, () => {
    if (!isUp()) return;
    const looks = [...queues].map(([channel, queue]) => look(channel, queue));
    Promise.all([...looks, countOpen().then((count) => open.set(count))]).catch((error: unknown) =>
      logger.debug({ event: "fallback.queue_error", error }, "queues cannot be counted"),
    );
  });
}
