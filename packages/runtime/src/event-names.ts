/**
 * Bounds the series that event names make. Names are declared by contracts, so no client can invent any; but each has
 * some fifty series in a process, and nobody looks at a thousand of them. The first thousand have their own, the others
 * are `other` together.
 */

import type { MetricSpec } from "@rollcall/telemetry";

export const MAX_EVENT_NAMES = 1_000;
const OTHER = "other";

type Labels = { event?: string } | { labels: { event?: string } } | number | undefined;
type Recorder = (labels?: Labels, ...rest: unknown[]) => void;

/** One for all metrics of a process, so that they agree on which names are told apart. */
export class EventNames {
  readonly #own = new Set<string>([OTHER]);

  /** Makes a metric of the library ask here, when its declaration has the label `event`. */
  bound(metric: object, { labels }: MetricSpec): void {
    if (!labels.includes("event")) return;
    const recorders = metric as Record<string, Recorder | undefined>;
    for (const method of ["inc", "observe"]) {
      const record = recorders[method];
      if (record !== undefined)
        recorders[method] = (given, ...rest) => record.call(metric, this.#allowed(given), ...rest);
    }
  }

  #allowed(given: Labels): Labels {
    if (typeof given !== "object") return given;
    if ("labels" in given) {
      return this.#isOwn(given.labels.event) ? given : { ...given, labels: { ...given.labels, event: OTHER } };
    }
    return this.#isOwn(given.event) ? given : { ...given, event: OTHER };
  }

  #isOwn(event: string | undefined): boolean {
    if (event === undefined || this.#own.has(event)) return true;
    if (this.#own.size > MAX_EVENT_NAMES) return false;
    this.#own.add(event);
    return true;
  }
}
