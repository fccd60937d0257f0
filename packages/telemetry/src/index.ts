export type { DropReason, TimerSource } from "./export-queue.ts";
export * from "./names.ts";
export { activeTraceId, type Span, type SpanOptions, startSpan, withSpan } from "./span.ts";
export { startTelemetry, type Telemetry, type TelemetryOptions } from "./telemetry.ts";
export * from "./trace-context.ts";
