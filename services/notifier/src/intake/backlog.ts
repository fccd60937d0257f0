/** How many messages of each source wait: the lag of its durable consumer, asked for now and then. */

import type { JetStreamManager } from "@nats-io/jetstream";
import type { Clock, Logger, Metrics, Timer } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import type { EventSource } from "../streams/sources.ts";

export interface BacklogOptions {
  sources: readonly EventSource[];
  jsm: JetStreamManager;
  isUp(): boolean;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}

const EVERY_MS = 5_000;

/** Cancel it to stop. Every replica tells the same. */
export function watchBacklog({ sources, jsm, isUp, clock, logger, metrics }: BacklogOptions): Timer {
  const backlog = metrics.gauge(METRICS.notifierBacklog);

  async function look({ stream, durable }: EventSource): Promise<void> {
    const { num_pending, num_ack_pending } = await jsm.consumers.info(stream, durable);
    backlog.set({ source: durable }, num_pending + num_ack_pending);
  }

  return clock.setRepeating(EVERY_MS, () => {
    if (!isUp()) return;
    for (const source of sources) {
      look(source).catch((error: unknown) =>
        logger.debug({ event: "intake.backlog_unknown", source: source.durable, error }, "its backlog is not known"),
      );
    }
  });
}
