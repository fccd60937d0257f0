/**
 * How long a dependency takes to answer a question about nothing. It is asked at each scrape and told by the next: no
 * timer, one question at a time, and no number once it does not answer.
 */

import { METRICS } from "@rollcall/telemetry";
import type { Metrics } from "./metrics.ts";

/** `ask` resolves to the milliseconds it took, or gives undefined where there is nobody to ask. */
export function measureRoundTrip(metrics: Metrics, dependency: string, ask: () => Promise<number> | undefined): void {
  const gauge = metrics.gauge(METRICS.dependencyRoundTrip);
  let asking = false;
  metrics.onScrape(() => {
    if (asking) return;
    const answer = ask();
    if (answer === undefined) return gauge.remove({ dependency });
    asking = true;
    answer.then(
      (ms) => {
        asking = false;
        gauge.set({ dependency }, ms / 1_000);
      },
      () => {
        asking = false;
        gauge.remove({ dependency });
      },
    );
  });
}
