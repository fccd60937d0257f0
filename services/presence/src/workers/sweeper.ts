/** Every replica looks for what is due, all the time: whoever comes first commits it. No leader, no memory. */

import type { Clock, Logger, Timer } from "@rollcall/runtime";
import { judge, newObserver, observe } from "../core/observer.ts";
import type { PresenceStore, SweepReport } from "../store.ts";

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
      const report = await call(() => store.sweep(verdict));
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
