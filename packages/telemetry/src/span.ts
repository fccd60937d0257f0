/**
 * Spans by hand: `publish`, `consume`, `emit`, `deliver`, `ack`, `request`, each followed by the event's name. One per
 * message and process, never one per socket. The sampling decision comes first, so that what is not sampled costs
 * little more than carrying its context along.
 */

import {
  type Span as ApiSpan,
  type Attributes,
  context,
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { type IdGenerator, RandomIdGenerator } from "@opentelemetry/sdk-trace";
import type { SpanName } from "./names.ts";
import { formatTraceparent, parseTraceparent, type TraceContext } from "./trace-context.ts";

export interface SpanOptions {
  /** The traceparent this continues. Malformed: as if absent. */
  parent?: string | undefined;
  /** The parent came from a client: its trace id is kept, its sampled flag is not believed. */
  untrusted?: boolean;
  /** Head sampling ratio of this event, when it has its own. */
  ratio?: number | undefined;
  kind?: "internal" | "server" | "client" | "producer" | "consumer";
  attributes?: Attributes;
  /** Traceparents of other traces that caused this; malformed ones are left out. At most 128 count. */
  links?: readonly string[];
}

export interface Span {
  /** What to hand on: names this span when it is sampled, else its parent. */
  readonly traceparent: string;
  readonly traceId: string;
  readonly sampled: boolean;
  setAttribute(key: string, value: string | number | boolean): void;
  /** Marks the span as failed. Only the error's code or class is recorded, never its message. */
  fail(error: unknown): void;
  /** Idempotent. */
  end(): void;
}

interface Tracing {
  tracer: Tracer;
  ratio: number;
}

let tracing: Tracing | undefined;

/** With `only`, replaces nothing but that one: a late shutdown must not stop its successor. */
export function setTracing(next: Tracing | undefined, only?: Tracing): void {
  if (only === undefined || tracing === only) tracing = next;
}

const ids = new RandomIdGenerator();

let decidedTraceId: string | undefined;

/** For the provider: a root keeps the trace id its sampling was decided by. */
export const idGenerator: IdGenerator = {
  generateTraceId: () => decidedTraceId ?? ids.generateTraceId(),
  generateSpanId: () => ids.generateSpanId(),
};

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

export function startSpan(name: SpanName, event: string, options: SpanOptions = {}): Span {
  const parent = options.parent === undefined ? undefined : parseTraceparent(options.parent);
  if (tracing === undefined) {
    const root = parent ?? newRoot();
    return new SilentSpan(options.untrusted === true ? { ...root, sampled: false } : root);
  }
  const ratio = options.ratio ?? tracing.ratio;
  if (parent !== undefined && options.untrusted !== true) {
    return parent.sampled ? recorded(tracing.tracer, name, event, options, parent) : new SilentSpan(parent);
  }
  const root = parent ?? newRoot();
  if (!isChosen(root.traceId, ratio)) return new SilentSpan({ ...root, sampled: false });
  if (parent !== undefined) return recorded(tracing.tracer, name, event, options, parent);
  decidedTraceId = root.traceId;
  try {
    return recorded(tracing.tracer, name, event, options, undefined);
  } finally {
    decidedTraceId = undefined;
  }
}

function newRoot(): TraceContext {
  return { traceId: ids.generateTraceId(), spanId: ids.generateSpanId(), sampled: false };
}

/** By the trace id, so that every process decides alike about one trace. */
function isChosen(traceId: string, ratio: number): boolean {
  if (ratio >= 1) return true;
  return Number.parseInt(traceId.slice(-8), 16) < ratio * 2 ** 32;
}

function recorded(
  tracer: Tracer,
  name: SpanName,
  event: string,
  options: SpanOptions,
  parent: TraceContext | undefined,
): Span {
  const { kind = "internal", attributes, links } = options;
  const span = tracer.startSpan(
    `${name} ${event}`,
    {
      kind: KINDS[kind],
      ...(attributes === undefined ? {} : { attributes }),
      ...(links === undefined ? {} : { links: links.flatMap(asLink) }),
    },
    parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote({ ...parent, sampled: true })),
  );
  return new RecordedSpan(span);
}

function asLink(traceparent: string): Link[] {
  const parsed = parseTraceparent(traceparent);
  return parsed === undefined ? [] : [{ context: remote(parsed) }];
}

function remote(parsed: TraceContext): SpanContext {
  const traceFlags = parsed.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return { traceId: parsed.traceId, spanId: parsed.spanId, traceFlags, isRemote: true };
}

/** Records nothing. `sampled` is the context's flag: without telemetry here, others may still record the trace. */
class SilentSpan implements Span {
  readonly sampled: boolean;
  readonly #context: TraceContext;

  constructor(context: TraceContext) {
    this.#context = context;
    this.sampled = context.sampled;
  }
  get traceId(): string {
    return this.#context.traceId;
  }
  get traceparent(): string {
    return formatTraceparent(this.#context);
  }
  setAttribute(): void {}
  fail(): void {}
  end(): void {}
}

class RecordedSpan implements Span {
  readonly sampled = true;
  readonly traceId: string;
  readonly traceparent: string;
  readonly api: ApiSpan;
  #ended = false;

  constructor(span: ApiSpan) {
    this.api = span;
    const { traceId, spanId } = span.spanContext();
    this.traceId = traceId;
    this.traceparent = formatTraceparent({ traceId, spanId, sampled: true });
  }
  setAttribute(key: string, value: string | number | boolean): void {
    this.api.setAttribute(key, value);
  }
  fail(error: unknown): void {
    this.api.setStatus({ code: SpanStatusCode.ERROR, message: errorName(error) });
  }
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.api.end();
  }
}

function errorName(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code === "string") return code;
  return error instanceof Error ? error.name : "unknown";
}

/** Runs `fn` with the span active, so that logs written inside, also later in its promises, carry its trace id. */
export function withSpan<T>(span: Span, fn: () => T): T {
  const spanContext = parseTraceparent(span.traceparent);
  if (spanContext === undefined) return fn();
  return context.with(trace.setSpanContext(context.active(), remote(spanContext)), fn);
}

/** Trace id of the active span, sampled or not. */
export function activeTraceId(): string | undefined {
  return trace.getSpanContext(context.active())?.traceId;
}
