/** Every replica looks for what is due, all the time: whoever comes first commits it. No leader, no memory. */

import type { Clock, Logger, Timer } from "@rollcall/runtime";
import { ATTRIBUTES, type LaterSpan, laterSpan } from "@rollcall/telemetry";
import { judge, newObserver, observe } from "../core/observer.ts";
import type { EndedTrace, PresenceStore, SweepReport } from "../store.ts";

export interface SweeperOptions {
  store: Pick<PresenceStore, "sweep" | "position">;
  clock: Clock;
  logger: Logger;
  sweepMs: number;
  leaseMs: number;
  redisUp(): boolean;
  natsUp(): boolean;
  loopDelayMs(): number;
  /** After each round that changed something or read the brake. */
  swept(report: SweepReport): void;
}

export interface Sweeper {
  /** Resolves when the round in hand is over. */
  close(): Promise<void>;
}

/** Calls in one round: the rest waits for the next, so that one replica cannot hold Redis. */
const MAX_CALLS = 40;

/** One span a commit, however many sessions it ended: it links to the connect of each. */
function record(span: LaterSpan, ended: readonly EndedTrace[]): void {
  span.record("request", "session:sweep", {
    attributes: { [ATTRIBUTES.reason]: [...new Set(ended.map(({ reason }) => reason))].sort().join(" ") },
    links: ended.map(({ connect }) => connect),
  });
}

export function startSweeper(options: SweeperOptions): Sweeper {
  const { store, clock, logger, leaseMs } = options;
  let observer = newObserver;
  let round: Promise<void> | undefined;

  const call = async <T>(ask: () => Promise<T>): Promise<T> => {
    const startedMs = clock.monotonic();
    try {
      return await ask();
    } finally {
      const nowMs = clock.monotonic();
      observer = observe(observer, { kind: "answered", roundTripMs: nowMs - startedMs }, nowMs);
    }
  };

  const sweep = async () => {
    const nowMs = clock.monotonic();
    observer = observe(observer, { kind: "look", redisUp: options.redisUp(), natsUp: options.natsUp() }, nowMs);
    if (!options.redisUp()) return;
    const verdict = judge(observer, { nowMs, loopDelayMs: options.loopDelayMs(), leaseMs, natsUp: options.natsUp() });
    if (verdict.kind === "sick") {
      await call(() => store.position());
      return;
    }
    for (let calls = 0; calls < MAX_CALLS; calls++) {
      const span = laterSpan();
      const report = await call(() => store.sweep({ ...verdict, traceparent: span?.traceparent }));
      if (span !== undefined && report.traced.length > 0) record(span, report.traced);
      options.swept(report);
      if (!report.more) return;
    }
  };

  const timer: Timer = clock.setRepeating(options.sweepMs, () => {
    round ??= sweep()
      .catch((error: unknown) => logger.warn({ event: "sweep.failed", error }, "a sweep failed; the next one goes on"))
      .finally(() => {
        round = undefined;
      });
  });

  return {
    async close() {
      timer.cancel();
      await round;
    },
  };
}
