/**
 * Prometheus metrics of one process. What exists is declared in `names.ts` of telemetry; this makes it real.
 * The registry is the process's own object, not the library's global one: tests run many services in one process.
 */

import type { MetricSpec } from "@rollcall/telemetry";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

type LabelOf<S extends MetricSpec> = S["labels"][number];

export interface Metrics {
  /** The same object for the same declaration, however often it is asked for. */
  counter<const S extends MetricSpec & { type: "counter" }>(spec: S): Counter<LabelOf<S>>;
  gauge<const S extends MetricSpec & { type: "gauge" }>(spec: S): Gauge<LabelOf<S>>;
  histogram<const S extends MetricSpec & { type: "histogram" }>(spec: S): Histogram<LabelOf<S>>;
  /** Runs before each scrape, to set gauges that are cheap to read and wasteful to keep. */
  onScrape(fn: () => void): void;
  contentType: string;
  /** The exposition text. */
  render(): Promise<string>;
}

export interface MetricsOptions {
  /** CPU, memory, garbage collection, handles of the process. Default false. */
  processMetrics?: boolean;
}

type AnyMetric = Counter<string> | Gauge<string> | Histogram<string>;

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  const made = new Map<string, AnyMetric>();
  const scrapes: (() => void)[] = [];
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });

  function once(spec: MetricSpec): AnyMetric {
    const existing = made.get(spec.name);
    if (existing !== undefined) return existing;
    const common = { name: spec.name, help: spec.help, labelNames: [...spec.labels], registers: [registry] };
    const metric =
      spec.type === "counter"
        ? new Counter(common)
        : spec.type === "gauge"
          ? new Gauge(common)
          : new Histogram({ ...common, ...(spec.buckets === undefined ? {} : { buckets: [...spec.buckets] }) });
    made.set(spec.name, metric);
    return metric;
  }

  return {
    counter: (spec) => once(spec) as Counter<never>,
    gauge: (spec) => once(spec) as Gauge<never>,
    histogram: (spec) => once(spec) as Histogram<never>,
    onScrape: (fn) => void scrapes.push(fn),
    contentType: registry.contentType,
    async render() {
      for (const fn of scrapes) fn();
      return registry.metrics();
    },
  };
}
