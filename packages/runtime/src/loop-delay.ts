/**
 * How late this process's event loop runs. An observer that is itself sick must not judge others: who sweeps asks
 * `recentMs` first. The rest is for metrics.
 */

import { monitorEventLoopDelay } from "node:perf_hooks";
import { METRICS } from "@rollcall/telemetry";
import type { Clock, Timer } from "./clock.ts";
import type { Metrics } from "./metrics.ts";

export interface LoopDelay {
  /** Worst lateness of the last one to two windows, in milliseconds. */
  recentMs(): number;
  close(): void;
}

const RESOLUTION_MS = 10;
const WINDOW_MS = 500;
const QUANTILES = [0.5, 0.99, 1] as const;

/** The histogram counts intervals of the sampling timer; lateness is what exceeds its resolution. */
const latenessMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);

export function startLoopDelay(options: { clock: Clock; metrics?: Metrics }): LoopDelay {
  const { clock, metrics } = options;
  const window = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  window.enable();
  let previousMs = 0;
  const timer: Timer = clock.setRepeating(WINDOW_MS, () => {
    previousMs = latenessMs(window.max);
    window.reset();
  });

  const sinceScrape = metrics === undefined ? undefined : monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  if (metrics !== undefined && sinceScrape !== undefined) {
    sinceScrape.enable();
    const gauge = metrics.gauge(METRICS.loopDelay);
    metrics.onScrape(() => {
      for (const quantile of QUANTILES) {
        const ns = quantile === 1 ? sinceScrape.max : sinceScrape.percentile(quantile * 100);
        gauge.set({ quantile: String(quantile) }, latenessMs(ns) / 1000);
      }
      sinceScrape.reset();
    });
  }

  return {
    recentMs: () => Math.max(previousMs, latenessMs(window.max)),
    close() {
      timer.cancel();
      window.disable();
      sinceScrape?.disable();
    },
  };
}
