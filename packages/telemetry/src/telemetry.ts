/**
 * Starts and stops tracing in this process. Spans are made by hand (`span.ts`), no library is instrumented; exported as
 * OTLP/HTTP JSON. Without an endpoint no span is recorded, but trace context still travels. A door of its own
 * (`@rollcall/telemetry/tracing`), because the SDK takes longer to load than most commands to run.
 */

import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { type DropReason, ExportQueue, type ExportQueueOptions, type TimerSource } from "./export-queue.ts";
import { RESOURCE } from "./names.ts";
import { Budget, type SizeStep } from "./sampling.ts";
import { idGenerator, setTracing, type Tracing } from "./span.ts";

export interface TelemetryOptions {
  /** `service.name`: one of `SERVICE_NAMES`. */
  service: string;
  /** `service.instance.id`. */
  instance: string;
  /** Base URL of the collector; spans go to `<endpoint>/v1/traces`. Absent: nothing is recorded. */
  endpoint?: string;
  /** Share of the traces begun in this process that is sampled, 0..1. */
  ratio: number;
  /** Spans about larger audiences are thinned out. Default: none are. */
  steps?: readonly SizeStep[];
  /** Spans of that duration are kept whatever was decided before. Default 1 s. */
  slowMs?: number;
  clock: TimerSource & { now(): number };
  onDropped?: (reason: DropReason, count: number) => void;
  queue?: Pick<ExportQueueOptions, "maxQueued" | "maxBatch" | "everyMs" | "shutdownMs">;
  /** Instead of OTLP/HTTP, for tests. */
  exporter?: SpanExporter;
}

export interface Telemetry {
  /** Hands over what has ended. For tests and tools; services never wait for it. */
  flush(): Promise<void>;
  /** Flushes for a bounded time and stops. Idempotent. */
  shutdown(): Promise<void>;
}

const EXPORT_TIMEOUT_MS = 2_000;
const DEFAULT_SLOW_MS = 1_000;
/** Spans a second that are kept because they failed or were slow. */
const KEPT_PER_SECOND = 50;

/** One per process; a second call replaces the first. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  context.disable();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = options.exporter ?? (options.endpoint === undefined ? undefined : otlp(options.endpoint));
  if (exporter === undefined) {
    setTracing(undefined);
    return { flush: async () => {}, shutdown: async () => {} };
  }
  const queue = new ExportQueue({
    exporter,
    clock: options.clock,
    ...(options.onDropped === undefined ? {} : { onDropped: options.onDropped }),
    ...options.queue,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      [RESOURCE.service]: options.service,
      [RESOURCE.instance]: options.instance,
    }),
    // The decision is made before the SDK is asked: an unsampled span must not cost what a recorded one does.
    sampler: new AlwaysOnSampler(),
    idGenerator,
    spanProcessors: [queue],
  });
  trace.disable();
  trace.setGlobalTracerProvider(provider);
  const tracing: Tracing = {
    tracer: provider.getTracer("rollcall"),
    ratio: options.ratio,
    steps: options.steps ?? [],
    slowMs: options.slowMs ?? DEFAULT_SLOW_MS,
    kept: new Budget(KEPT_PER_SECOND),
    now: () => options.clock.now(),
  };
  setTracing(tracing);
  return {
    flush: () => queue.forceFlush(),
    async shutdown() {
      setTracing(undefined, tracing);
      await queue.shutdown();
    },
  };
}

function otlp(endpoint: string): SpanExporter {
  return new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
}
