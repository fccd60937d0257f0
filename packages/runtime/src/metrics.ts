/**
 * Prometheus metrics of one process. What exists is declared in `names.ts` of telemetry; this makes it real.
 * The registry is the process's own object, not the library's global one: tests run many services in one process.
 */

import type { MetricSpec } from "@rollcall/telemetry";
import { Counter, collectDefaultMetrics, Gauge, Histogram, type OpenMetricsContentType, Registry } from "prom-client";
import { EventNames } from "./event-names.ts";
import { exposition, type Family, type Format, PROMETHEUS } from "./exposition.ts";

type LabelOf<S extends MetricSpec> = S["labels"][number];
/** The library's types hold exemplars' labels to be the metric's own. */
type ExemplarLabelOf<S extends MetricSpec> = S extends { exemplars: true } ? "trace_id" : never;

export interface Metrics {
  /** The same object for the same declaration, however often it is asked for. */
  counter<const S extends MetricSpec & { type: "counter" }>(spec: S): Counter<LabelOf<S>>;
  gauge<const S extends MetricSpec & { type: "gauge" }>(spec: S): Gauge<LabelOf<S>>;
  histogram<const S extends MetricSpec & { type: "histogram" }>(spec: S): Histogram<LabelOf<S> | ExemplarLabelOf<S>>;
  /** Runs before each scrape, to set gauges that are cheap to read and wasteful to keep. */
  onScrape(fn: () => void): void;
  /** The exposition; by default as Prometheus text. */
  render(format?: Format): Promise<string>;
  /** What it is made of. */
  families(): Promise<Family[]>;
}

export interface MetricsOptions {
  /** CPU, memory, garbage collection, handles of the process. Default false. */
  processMetrics?: boolean;
}

type AnyMetric = Counter<string> | Gauge<string> | Histogram<string>;

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE); // it allows exemplars; what is written is ours to say
  const made = new Map<string, AnyMetric>();
  const events = new EventNames();
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
          : new Histogram({
              ...common,
              enableExemplars: spec.exemplars === true,
              ...(spec.buckets === undefined ? {} : { buckets: [...spec.buckets] }),
            });
    events.bound(metric, spec);
    made.set(spec.name, metric);
    return metric;
  }

  const families = () => {
    for (const fn of scrapes) fn();
    return registry.getMetricsAsJSON();
  };

  return {
    counter: (spec) => once(spec) as Counter<never>,
    gauge: (spec) => once(spec) as Gauge<never>,
    histogram: (spec) => once(spec) as Histogram<never>,
    onScrape: (fn) => void scrapes.push(fn),
    render: async (format = PROMETHEUS) => exposition(await families(), format),
    families,
  };
}
