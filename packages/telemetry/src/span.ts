/**
 * Spans by hand: `publish`, `consume`, `emit`, `deliver`, `ack`, `request`, each followed by the event's name. One per
 * message and process, never one per socket. The sampling decision comes first, so that what is not sampled costs
 * little more than carrying its context along; only what then fails or is slow is recorded after all.
 */

import {
  type Span as ApiSpan,
  type Attributes,
  context,
  createTraceState,
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { newSpanId, newTraceId } from "./ids.ts";
import { ATTRIBUTES, OPERATIONS, type SpanName } from "./names.ts";
import { type Budget, isChosen, isInShare, type SizeStep, shareOf } from "./sampling.ts";
import { formatTraceparent, parseTraceparent, parseTracestate, type TraceContext } from "./trace-context.ts";

export interface SpanOptions {
  /** The traceparent this continues. Malformed: as if absent. */
  parent?: string | undefined;
  /** The `tracestate` that came with it. Malformed, or without a parent: as if absent. */
  state?: string | undefined;
  /** The parent came from a client: its trace id is kept, its sampled flag is not believed. */
  untrusted?: boolean;
  /** Head sampling ratio of this event, when it has its own. */
  ratio?: number | undefined;
  kind?: "internal" | "server" | "client" | "producer" | "consumer";
  attributes?: Attributes;
  /** Traceparents of other traces that caused this; malformed ones are left out. At most 128 count. */
  links?: readonly string[];
  /** When it began, if that was before now: what it is about was not known yet. */
  startedAtMs?: number;
  /** Recipients, when they are known: spans about large audiences are thinned out, unless they are `slow`. */
  audience?: number;
  slow?: boolean;
}

export interface Span {
  /** What to hand on: names this span when it is sampled, else its parent. */
  readonly traceparent: string;
  /** What to hand on with it, where other vendors may read it. */
  readonly tracestate: string | undefined;
  readonly traceId: string;
  readonly sampled: boolean;
  setAttribute(key: string, value: string | number | boolean): void;
  /** Marks the span as failed. Only the error's code or class is recorded, never its message. */
  fail(error: unknown): void;
  /** Idempotent. */
  end(): void;
}

/** What the started SDK gives. */
export interface Tracing {
  tracer: Tracer;
  ratio: number;
  steps: readonly SizeStep[];
  /** From this duration on a span is kept whatever the head said. */
  slowMs: number;
  kept: Budget;
  now(): number;
}

let tracing: Tracing | undefined;

/** With `only`, replaces nothing but that one: a late shutdown must not stop its successor. */
export function setTracing(next: Tracing | undefined, only?: Tracing): void {
  if (only === undefined || tracing === only) tracing = next;
}

/** Is a delivery or a request that took so long to be kept? */
export const isSlow = (ms: number): boolean => tracing !== undefined && ms >= tracing.slowMs;

let decidedIds: { traceId: string; spanId: string | undefined } | undefined;

/** For the provider: a root keeps the trace id its sampling was decided by, and a span kept late the id its children name. */
export const idGenerator = {
  generateTraceId: (): string => decidedIds?.traceId ?? newTraceId(),
  generateSpanId: (): string => decidedIds?.spanId ?? newSpanId(),
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
  const state = parent === undefined ? undefined : parseTracestate(options.state);
  if (tracing === undefined) {
    const root = parent ?? newRoot();
    return new SilentSpan(options.untrusted === true ? { ...root, sampled: false } : root, state);
  }
  const ratio = options.ratio ?? tracing.ratio;
  const late: Late = { tracing, name, event, options, startedAtMs: options.startedAtMs ?? tracing.now() };
  if (parent !== undefined && options.untrusted !== true) {
    const isThinned =
      options.audience !== undefined &&
      options.slow !== true &&
      !isInShare(parent.traceId, shareOf(tracing.steps, options.audience));
    return parent.sampled && !isThinned
      ? recorded(late, { parent, state })
      : new SilentSpan(parent, state, isThinned ? undefined : late);
  }
  const root = parent ?? newRoot();
  if (!isChosen(root.traceId, ratio)) return new SilentSpan({ ...root, sampled: false }, state, late);
  return recorded(late, parent === undefined ? { traceId: root.traceId } : { parent, state });
}

/** A root whose name is handed on before it is known whether there will be anything to tell. */
export interface LaterSpan {
  /** Sampled. */
  readonly traceparent: string;
  /** At most once; without it nothing is ever exported. */
  record(name: SpanName, event: string, options: Pick<SpanOptions, "kind" | "attributes" | "links">): void;
}

/** It began now. Undefined while nothing is recorded. */
export function laterSpan(): LaterSpan | undefined {
  if (tracing === undefined) return undefined;
  const current = tracing;
  const startedAtMs = current.now();
  const root = { ...newRoot(), sampled: true };
  return {
    traceparent: formatTraceparent(root),
    record(name, event, options) {
      const late = { tracing: current, name, event, options, startedAtMs };
      startApiSpan(late, { traceId: root.traceId, spanId: root.spanId }).end(current.now());
    },
  };
}

function newRoot(): TraceContext {
  return { traceId: newTraceId(), spanId: newSpanId(), sampled: false, random: true };
}

/** What is needed to record a span, also when that is decided at its end. */
interface Late {
  tracing: Tracing;
  name: SpanName;
  event: string;
  options: SpanOptions;
  startedAtMs: number;
}

/** Where it belongs: below a parent, or a root of that trace; perhaps with an id that was given away already. */
interface Place {
  parent?: TraceContext;
  state?: string | undefined;
  traceId?: string;
  spanId?: string;
}

function startApiSpan({ tracing, name, event, options, startedAtMs }: Late, place: Place): ApiSpan {
  const { kind = "internal", attributes, links } = options;
  const { parent, state } = place;
  if (place.traceId !== undefined || place.spanId !== undefined) {
    decidedIds = { traceId: place.traceId ?? (parent as TraceContext).traceId, spanId: place.spanId };
  }
  try {
    return tracing.tracer.startSpan(
      `${name} ${event}`,
      {
        kind: KINDS[kind],
        attributes: { ...OPERATIONS[name], ...attributes },
        ...(links === undefined ? {} : { links: links.flatMap(asLink) }),
        ...(options.startedAtMs === undefined && place.spanId === undefined ? {} : { startTime: startedAtMs }),
      },
      parent === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, remote({ ...parent, sampled: true }, state)),
    );
  } finally {
    decidedIds = undefined;
  }
}

function recorded(late: Late, place: Place): Span {
  return new RecordedSpan(startApiSpan(late, place), place);
}

function asLink(traceparent: string): Link[] {
  const parsed = parseTraceparent(traceparent);
  return parsed === undefined ? [] : [{ context: remote(parsed) }];
}

function remote(parsed: TraceContext, state?: string): SpanContext {
  const traceFlags = parsed.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const traceState = state === undefined ? {} : { traceState: createTraceState(state) };
  return { traceId: parsed.traceId, spanId: parsed.spanId, traceFlags, isRemote: true, ...traceState };
}

/**
 * Records nothing, unless it fails or is slow. `sampled` is the context's flag: without telemetry here, others may still
 * record the trace.
 */
class SilentSpan implements Span {
  readonly sampled: boolean;
  readonly tracestate: string | undefined;
  readonly #context: TraceContext;
  readonly #late: Late | undefined;
  #failure: string | undefined;
  #ended = false;

  constructor(context: TraceContext, state: string | undefined, late?: Late) {
    this.#context = context;
    this.sampled = context.sampled;
    this.tracestate = state;
    this.#late = late;
  }
  get traceId(): string {
    return this.#context.traceId;
  }
  get traceparent(): string {
    return formatTraceparent(this.#context);
  }
  setAttribute(): void {}
  fail(error: unknown): void {
    this.#failure = errorName(error);
  }
  end(): void {
    if (this.#ended || this.#late === undefined) return;
    this.#ended = true;
    const { tracing, startedAtMs, options } = this.#late;
    const now = tracing.now();
    const isSlowOne = now - startedAtMs >= tracing.slowMs;
    if ((this.#failure === undefined && !isSlowOne) || !tracing.kept.take(now)) return;
    const { traceId, spanId } = this.#context;
    const parent = options.parent === undefined ? undefined : parseTraceparent(options.parent);
    // A root has given its id away as its children's parent; another is named by nobody.
    const place = parent === undefined ? { traceId, spanId } : { parent, spanId: newSpanId() };
    const span = startApiSpan(this.#late, place);
    span.setAttribute(ATTRIBUTES.kept, this.#failure === undefined ? "slow" : "error");
    if (this.#failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: this.#failure });
    span.end(now);
  }
}

class RecordedSpan implements Span {
  readonly sampled = true;
  readonly traceId: string;
  readonly traceparent: string;
  readonly tracestate: string | undefined;
  readonly #span: ApiSpan;
  #ended = false;

  constructor(span: ApiSpan, { parent, state }: Place) {
    this.#span = span;
    const { traceId, spanId } = span.spanContext();
    this.traceId = traceId;
    const isRandom = parent === undefined || parent.random === true;
    this.traceparent = formatTraceparent({ traceId, spanId, sampled: true, ...(isRandom ? { random: true } : {}) });
    this.tracestate = state;
  }
  setAttribute(key: string, value: string | number | boolean): void {
    this.#span.setAttribute(key, value);
  }
  fail(error: unknown): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: errorName(error) });
  }
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span.end();
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
