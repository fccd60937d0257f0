export type { CollectedSpan } from "./collected-span.ts";
export { type Collector, type CollectorOptions, startCollector } from "./collector.ts";
export { during } from "./during.ts";
export type { DropReason, TimerSource } from "./export-queue.ts";
export { METRIC_ADVICE } from "./metrics-guide.ts";
export * from "./names.ts";
export { parseSizeSteps, type SizeStep } from "./sampling.ts";
export {
  activeTraceId,
  isSlow,
  type LaterSpan,
  laterSpan,
  type Span,
  type SpanOptions,
  startSpan,
  withSpan,
} from "./span.ts";
export { createSpanStore, type SpanStore, type SpanStoreOptions } from "./span-store.ts";
export * from "./trace-context.ts";
