/** A span as it was received, and its reading from OTLP JSON. Lenient: what is not a span is left out. */

import { RESOURCE } from "./names.ts";

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: "internal" | "server" | "client" | "producer" | "consumer" | "unspecified";
  /** `service.name` and `service.instance.id` of its process. */
  service: string;
  instance: string;
  /** Milliseconds since the epoch, with fractions. */
  startMs: number;
  durationMs: number;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
  /** Set when the span failed. */
  error?: string;
}

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
const STATUS_ERROR = 2;

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The spans of one `ExportTraceServiceRequest`. Throws nothing. */
export function spansFromOtlp(body: unknown): CollectedSpan[] {
  if (!isObject(body)) return [];
  return objects(body.resourceSpans).flatMap((resourceSpans) => {
    const resource = isObject(resourceSpans.resource) ? attributesOf(resourceSpans.resource.attributes) : {};
    return objects(resourceSpans.scopeSpans).flatMap((scope) =>
      objects(scope.spans).flatMap((span) => spanOf(span, resource)),
    );
  });
}

function spanOf(span: Json, resource: Record<string, unknown>): CollectedSpan[] {
  const traceId = text(span.traceId);
  const spanId = text(span.spanId);
  if (!/^[0-9a-f]{32}$/.test(traceId) || !/^[0-9a-f]{16}$/.test(spanId)) return [];
  const startMs = millis(span.startTimeUnixNano);
  const status = isObject(span.status) ? span.status : {};
  const parentSpanId = text(span.parentSpanId);
  return [
    {
      traceId,
      spanId,
      ...(parentSpanId === "" ? {} : { parentSpanId }),
      name: text(span.name),
      kind: KINDS[Number(span.kind)] ?? "unspecified",
      service: text(resource[RESOURCE.service]),
      instance: text(resource[RESOURCE.instance]),
      startMs,
      durationMs: Math.max(0, millis(span.endTimeUnixNano) - startMs),
      attributes: attributesOf(span.attributes),
      links: objects(span.links).map((link) => ({ traceId: text(link.traceId), spanId: text(link.spanId) })),
      ...(status.code === STATUS_ERROR ? { error: text(status.message) || "error" } : {}),
    },
  ];
}

/** Nanoseconds exceed what a double holds exactly: split before dividing. */
function millis(nanos: unknown): number {
  if (typeof nanos === "number") return nanos / 1e6;
  if (typeof nanos !== "string" || !/^\d{1,20}$/.test(nanos)) return 0;
  const ms = BigInt(nanos) / 1_000_000n;
  return Number(ms) + Number(BigInt(nanos) % 1_000_000n) / 1e6;
}

function attributesOf(list: unknown): Record<string, unknown> {
  return Object.fromEntries(objects(list).map((item) => [text(item.key), attributeValue(item.value)]));
}

function attributeValue(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  if ("stringValue" in value) return value.stringValue;
  if ("boolValue" in value) return value.boolValue;
  if ("doubleValue" in value) return value.doubleValue;
  if ("intValue" in value) return Number(value.intValue);
  if (isObject(value.arrayValue)) return objects(value.arrayValue.values).map(attributeValue);
  return undefined;
}
