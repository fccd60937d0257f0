/**
 * Also pushes what `/metrics` shows, as OTLP: the same numbers under the same names, read from the one registry. A push
 * that fails is the collector's loss: the next one tells the sums again. A door of its own (`import()`), because the SDK
 * takes longer to load than all else here.
 */

import { type HrTime, ValueType } from "@opentelemetry/api";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from "@opentelemetry/sdk-metrics";
import { RESOURCE } from "@rollcall/telemetry";
import type { Clock } from "./clock.ts";
import type { Family, Sample } from "./exposition.ts";
import type { Metrics } from "./metrics.ts";
import { type Exemplar, exporterWithExemplars, type PointWithExemplars } from "./otlp-exemplars.ts";

export interface MetricsPushOptions {
  metrics: Pick<Metrics, "families">;
  clock: Clock;
  /** `service.name` and `service.instance.id`. */
  service: string;
  instance: string;
  /** Base URL of the collector; metrics go to `<endpoint>/v1/metrics`. */
  endpoint: string;
  everyMs: number;
  /** Instead of OTLP/HTTP, for tests. */
  exporter?: PushMetricExporter;
}

export interface MetricsPush {
  /** Pushes once more, for a bounded time, and stops. */
  shutdown(): Promise<void>;
}

const TIMEOUT_MS = 2_000;

export function startMetricsPush(options: MetricsPushOptions): MetricsPush {
  const { metrics, clock, service, instance, endpoint, everyMs } = options;
  const url = `${endpoint.replace(/\/+$/, "")}/v1/metrics`;
  const resource = resourceFromAttributes({ [RESOURCE.service]: service, [RESOURCE.instance]: instance });
  const reader = new PeriodicExportingMetricReader({
    exporter: options.exporter ?? exporterWithExemplars({ url, timeoutMillis: TIMEOUT_MS }),
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: Math.min(TIMEOUT_MS, everyMs),
    metricProducers: [producerOf(metrics, resource, clock)],
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  return { shutdown: () => provider.shutdown({ timeoutMillis: TIMEOUT_MS }) };
}

function producerOf(metrics: Pick<Metrics, "families">, resource: Resource, clock: Clock): MetricProducer {
  const startTime = hrTime(clock.now());
  return {
    async collect(): Promise<CollectionResult> {
      const families = await metrics.families();
      const times = { startTime, endTime: hrTime(clock.now()) };
      const all = families.map((family) => metricOf(family, times));
      return {
        resourceMetrics: { resource, scopeMetrics: [{ scope: { name: "rollcall" }, metrics: all }] },
        errors: [],
      };
    },
  };
}

type Times = Pick<DataPoint<number>, "startTime" | "endTime">;

function metricOf(family: Family, times: Times): MetricData {
  const { name, help: description, values } = family;
  const base = {
    descriptor: { name, description, unit: name.endsWith("_seconds") ? "s" : "", valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (String(family.type) === "histogram") {
    return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints: histogramsOf(family, times) };
  }
  const dataPoints = values.map(({ value, labels }) => ({ ...times, attributes: labels, value }));
  return String(family.type) === "counter"
    ? { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...base, dataPointType: DataPointType.GAUGE, dataPoints };
}

/** From samples whose buckets each count everything below, in the order of their bounds, sum and count last. */
function histogramsOf({ name, values }: Family, times: Times): PointWithExemplars[] {
  const points: PointWithExemplars[] = [];
  let boundaries: number[] = [];
  let counts: number[] = [];
  let exemplars: Exemplar[] = [];
  let below = 0;
  let sum = 0;
  for (const sample of values as Sample[]) {
    const { le, ...attributes } = sample.labels;
    switch (sample.metricName) {
      case `${name}_bucket`:
        if (le !== "+Inf") boundaries.push(Number(le));
        counts.push(sample.value - below);
        below = sample.value;
        if (sample.exemplar) exemplars.push(exemplarOf(sample.exemplar));
        break;
      case `${name}_sum`:
        sum = sample.value;
        break;
      default:
        points.push({
          ...times,
          attributes,
          value: { buckets: { boundaries, counts }, sum, count: sample.value },
          exemplars,
        });
        [boundaries, counts, exemplars, below] = [[], [], [], 0];
    }
  }
  return points;
}

const exemplarOf = ({ labelSet, value, timestamp }: NonNullable<Sample["exemplar"]>): Exemplar => ({
  traceId: String(labelSet.trace_id ?? ""),
  value,
  atMs: Math.round(timestamp * 1_000),
});

const hrTime = (ms: number): HrTime => [Math.trunc(ms / 1_000), (ms % 1_000) * 1e6];
