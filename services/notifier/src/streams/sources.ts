/**
 * `EVENT_SOURCES`, and what the streams and durable consumers behind it must look like. Pure: what is there is
 * compared with what is needed, and each difference is said exactly.
 */

import { AckPolicy, type ConsumerConfig, DeliverPolicy, RetentionPolicy, type StreamConfig } from "@nats-io/jetstream";
import { LIMITS, type Subjects } from "@rollcall/contracts";
import { ConfigError } from "@rollcall/runtime";

export interface EventSource {
  stream: string;
  /** Undefined: the whole stream. */
  filter?: string;
  /** Of the consumer, the lease and the low-water mark. */
  durable: string;
  /** How long the stream keeps a message and knows its id, where `STREAMS=create` makes it. */
  keep?: { maxAgeMs: number; dedupMs: number };
}

const DEFAULT_SOURCE = { stream: "EVENTS", filter: "events.>" };
const STREAM_NAME = /^[^\s.*>/\\]{1,128}$/;
const FILTER = /^[^\s.]+(\.[^\s.]+)*$/;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const nanos = (ms: number) => ms * 1_000_000;

/** Throws with the offending entry; `undefined` or "" is the default source. */
export function parseSources(text: string | undefined, subjects: Subjects): EventSource[] {
  const entries = (text ?? "").split(",").map((entry) => entry.trim());
  const named = entries.filter((entry) => entry !== "");
  const sources = named.length === 0 ? [DEFAULT_SOURCE] : named.map(parseSource);
  const durables = new Set<string>();
  return sources.map((source) => {
    const isDefault = source.filter === undefined || isSame(source, DEFAULT_SOURCE);
    const durable = subjects.notifierDurable(isDefault ? source.stream : `${source.stream}:${source.filter}`);
    if (durables.has(durable)) throw new ConfigError([`EVENT_SOURCES names ${source.stream} twice`]);
    durables.add(durable);
    return { ...source, durable };
  });
}

/** Durable events that the `emit` request accepted: what is in this stream can be read again, like all the others. */
export function emittedSource(subjects: Subjects): EventSource {
  const stream = subjects.emittedStream();
  return {
    stream,
    filter: subjects.emittedAll(),
    durable: subjects.notifierDurable(stream),
    // As long as one may be without a final state; and as long as the wire contract remembers an id.
    keep: { maxAgeMs: LIMITS.durableTtlMs, dedupMs: 10 * MINUTE_MS },
  };
}

function parseSource(entry: string): { stream: string; filter?: string } {
  const colon = entry.indexOf(":");
  const stream = colon < 0 ? entry : entry.slice(0, colon);
  const filter = colon < 0 ? undefined : entry.slice(colon + 1);
  if (!STREAM_NAME.test(stream) || (filter !== undefined && !FILTER.test(filter))) {
    throw new ConfigError([`EVENT_SOURCES: "${entry}" is not stream or stream:filter`]);
  }
  return filter === undefined ? { stream } : { stream, filter };
}

const isSame = (a: { stream: string; filter?: string }, b: { stream: string; filter?: string }) =>
  a.stream === b.stream && a.filter === b.filter;

export type StreamNeed = Pick<StreamConfig, "name" | "subjects"> & Partial<StreamConfig>;

/** What `STREAMS=create` makes when the stream is missing. */
export function sourceStream(source: EventSource): StreamNeed {
  const { maxAgeMs, dedupMs } = source.keep ?? { maxAgeMs: 7 * DAY_MS, dedupMs: 2 * MINUTE_MS };
  return {
    name: source.stream,
    subjects: [
      source.filter ?? (source.stream === DEFAULT_SOURCE.stream ? DEFAULT_SOURCE.filter : `${source.stream}.>`),
    ],
    retention: RetentionPolicy.Limits,
    max_age: nanos(maxAgeMs),
    duplicate_window: nanos(dedupMs),
  };
}

export function deadLetterStream(subjects: Subjects): StreamNeed {
  return {
    name: subjects.deadletterStream(),
    subjects: [subjects.deadletterAll()],
    retention: RetentionPolicy.Limits,
    max_age: nanos(30 * DAY_MS),
    // A copy may be repeated after a crash between its PubAck and the term of the original.
    duplicate_window: nanos(10 * MINUTE_MS),
  };
}

export type ConsumerNeed = Pick<ConsumerConfig, "durable_name" | "ack_policy" | "ack_wait" | "max_ack_pending"> &
  Partial<ConsumerConfig>;

export function sourceConsumer(source: EventSource, ackWaitMs: number, maxAckPending: number): ConsumerNeed {
  return {
    durable_name: source.durable,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: maxAckPending,
    max_deliver: -1,
    deliver_policy: DeliverPolicy.All,
    ...(source.filter === undefined ? {} : { filter_subject: source.filter }),
  };
}

/** A line per difference; empty when the stream serves. */
export function streamDifferences(need: StreamNeed, found: StreamConfig | undefined): string[] {
  if (found === undefined) return [`stream ${need.name} is missing: it needs subjects ${need.subjects.join(" ")}`];
  const lines: string[] = [];
  for (const subject of need.subjects) {
    if (!found.subjects.some((have) => covers(have, subject))) {
      lines.push(`stream ${need.name} has subjects ${found.subjects.join(" ")}: ${subject} is not among them`);
    }
  }
  if (found.retention !== RetentionPolicy.Limits) {
    lines.push(`stream ${need.name} has retention ${found.retention}: it needs limits`);
  }
  return lines;
}

/** As {@link streamDifferences}; `mutable` ones can be mended by an update. */
export function consumerDifferences(
  need: ConsumerNeed,
  stream: string,
  found: ConsumerConfig | undefined,
): { line: string; mutable: boolean }[] {
  const name = `consumer ${need.durable_name} of ${stream}`;
  if (found === undefined) return [{ line: `${name} is missing`, mutable: true }];
  const differences: { line: string; mutable: boolean }[] = [];
  const compare = (field: keyof ConsumerNeed, mutable: boolean) => {
    if (found[field] === need[field]) return;
    differences.push({
      line: `${name} has ${field} ${String(found[field])}: it needs ${String(need[field])}`,
      mutable,
    });
  };
  compare("ack_policy", false);
  compare("filter_subject", false);
  compare("ack_wait", true);
  compare("max_ack_pending", true);
  return differences;
}

/** Does every subject of `filter` also match `pattern`? Tokens `*` and a final `>` as NATS reads them. */
export function covers(pattern: string, filter: string): boolean {
  const have = pattern.split(".");
  const want = filter.split(".");
  for (let i = 0; i < have.length; i++) {
    if (have[i] === ">") return i < want.length;
    if (i >= want.length || want[i] === ">") return false;
    if (have[i] !== "*" && have[i] !== want[i]) return false;
  }
  return have.length === want.length;
}
