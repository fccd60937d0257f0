/** The SDK's OTLP exporter, with exemplars: its serializer knows none, so they are put into what it has written. */

import { OTLPMetricExporterBase } from "@opentelemetry/exporter-metrics-otlp-http";
import {
  convertLegacyHttpOptions,
  createOtlpHttpExportDelegate,
  type OTLPExporterNodeConfigBase,
} from "@opentelemetry/otlp-exporter-base/node-http";
import { JsonMetricsSerializer, MetricsExporterMetricsHelper } from "@opentelemetry/otlp-transformer";
import type { DataPoint, Histogram, PushMetricExporter, ResourceMetrics } from "@opentelemetry/sdk-metrics";

/** A value that was observed, and the trace it belongs to. */
export interface Exemplar {
  traceId: string;
  value: number;
  atMs: number;
}

export interface PointWithExemplars extends DataPoint<Histogram> {
  exemplars: readonly Exemplar[];
}

/** The part of an ExportMetricsServiceRequest that is changed here. */
interface Written {
  resourceMetrics: { scopeMetrics: { metrics: { histogram?: { dataPoints: object[] } }[] }[] }[];
}

export function exporterWithExemplars(config: OTLPExporterNodeConfigBase): PushMetricExporter {
  const options = convertLegacyHttpOptions(config, "METRICS", "v1/metrics", { "Content-Type": "application/json" });
  const serializer = { ...JsonMetricsSerializer, serializeRequest };
  const type = "otlp_http_metric_exporter";
  return new OTLPMetricExporterBase(
    createOtlpHttpExportDelegate(options, serializer, type, MetricsExporterMetricsHelper, undefined),
    config,
  );
}

export function serializeRequest(metrics: ResourceMetrics): Uint8Array | undefined {
  const bytes = JsonMetricsSerializer.serializeRequest(metrics);
  if (bytes === undefined) return undefined;
  const written = JSON.parse(new TextDecoder().decode(bytes)) as Written;
  for (const [i, scope] of metrics.scopeMetrics.entries()) {
    for (const [j, { dataPoints }] of scope.metrics.entries()) {
      const points = written.resourceMetrics[0]?.scopeMetrics[i]?.metrics[j]?.histogram?.dataPoints ?? [];
      for (const [k, point] of points.entries()) {
        const { exemplars = [] } = dataPoints[k] as Partial<PointWithExemplars>;
        if (exemplars.length > 0) Object.assign(point, { exemplars: exemplars.map(inOtlp) });
      }
    }
  }
  return new TextEncoder().encode(JSON.stringify(written));
}

const inOtlp = ({ traceId, value, atMs }: Exemplar) => ({
  timeUnixNano: `${atMs}000000`,
  asDouble: value,
  traceId,
});
