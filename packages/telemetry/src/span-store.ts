/**
 * The newest traces, in memory and, when given a folder, in two files of JSON lines that replace each other, so that a
 * restarted collector still knows them and the folder stays bounded.
 */

import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CollectedSpan } from "./collected-span.ts";

export interface SpanStoreOptions {
  /** Default 2,000. */
  maxTraces?: number;
  /** Of one trace; further ones are dropped. Default 10,000. */
  maxSpansPerTrace?: number;
  folder?: string;
  /** Size at which the current file becomes the old one. Default 16 MiB. */
  maxFileBytes?: number;
}

export interface SpanStore {
  add(spans: readonly CollectedSpan[]): void;
  /** Every span of a trace, by start; empty when unknown. */
  trace(traceId: string): CollectedSpan[];
  /** Ids of the traces with a span whose attribute reads `value`, newest first. */
  find(attribute: string, value: string): string[];
  spans(): CollectedSpan[];
  /** Ids, newest first. */
  traces(): string[];
  clear(): void;
}

const CURRENT = "spans.jsonl";
const PREVIOUS = "spans.previous.jsonl";

export function createSpanStore(options: SpanStoreOptions = {}): SpanStore {
  const { maxTraces = 2_000, maxSpansPerTrace = 10_000, folder, maxFileBytes = 16 * 1024 * 1024 } = options;
  const traces = new Map<string, CollectedSpan[]>();

  function remember(span: CollectedSpan): void {
    let spans = traces.get(span.traceId);
    if (spans === undefined) {
      spans = [];
      traces.set(span.traceId, spans);
      if (traces.size > maxTraces) traces.delete(traces.keys().next().value as string);
    }
    if (spans.length < maxSpansPerTrace) spans.push(span);
  }

  function append(file: string, spans: readonly CollectedSpan[]): void {
    if (existsSync(file) && statSync(file).size > maxFileBytes) renameSync(file, join(folder as string, PREVIOUS));
    appendFileSync(file, spans.map((span) => `${JSON.stringify(span)}\n`).join(""));
  }

  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    for (const name of [PREVIOUS, CURRENT]) for (const span of readSpans(join(folder, name))) remember(span);
  }

  return {
    add(spans) {
      if (spans.length === 0) return;
      for (const span of spans) remember(span);
      if (folder !== undefined) append(join(folder, CURRENT), spans);
    },
    trace: (traceId) => (traces.get(traceId) ?? []).toSorted((a, b) => a.startMs - b.startMs),
    find: (attribute, value) =>
      [...traces]
        .filter(([, spans]) => spans.some((span) => String(span.attributes[attribute]) === value))
        .map(([id]) => id)
        .reverse(),
    spans: () => [...traces.values()].flat(),
    traces: () => [...traces.keys()].reverse(),
    clear: () => traces.clear(),
  };
}

/** A line cut short by a crash is no span; the others still are. */
function readSpans(file: string): CollectedSpan[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as CollectedSpan];
      } catch {
        return [];
      }
    });
}
