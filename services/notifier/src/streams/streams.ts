/** `STREAMS=create|verify|off` carried out: streams and consumers made, compared or trusted. */

import {
  type ConsumerConfig,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamManager,
  type StreamConfig,
} from "@nats-io/jetstream";
import { type ConsumerNeed, consumerDifferences, type StreamNeed, streamDifferences } from "./sources.ts";

export type StreamsMode = "create" | "verify" | "off";

/** What is there is not what is needed; a line per difference. */
export class StreamsError extends Error {
  readonly differences: readonly string[];
  constructor(differences: readonly string[]) {
    super(`JetStream is not as needed: ${differences.join("; ")}`);
    this.name = "StreamsError";
    this.differences = differences;
  }
}

const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;

/** With the server and the mode that a process has. */
export interface Streams {
  /** True when it was missing and is made. */
  ensureStream(need: StreamNeed): Promise<boolean>;
  ensureConsumer(stream: string, need: ConsumerNeed, startSequence?: number): Promise<void>;
}

export const streamsOf = (jsm: JetStreamManager, mode: StreamsMode): Streams => ({
  ensureStream: (need) => ensureStream(jsm, need, mode),
  ensureConsumer: (stream, need, startSequence) => ensureConsumer(jsm, stream, need, mode, startSequence),
});

/** Makes the stream when it is missing and `mode` allows it, never changes one. Throws {@link StreamsError}. */
export async function ensureStream(jsm: JetStreamManager, need: StreamNeed, mode: StreamsMode): Promise<boolean> {
  if (mode === "off") return false;
  const found = await streamConfig(jsm, need.name);
  if (found === undefined && mode === "create") {
    await jsm.streams.add(need);
    return true;
  }
  const differences = streamDifferences(need, found);
  if (differences.length > 0) throw new StreamsError(differences);
  return false;
}

/** As {@link ensureStream}; `create` also mends what can be changed in place. `startSequence` is where a new one begins. */
export async function ensureConsumer(
  jsm: JetStreamManager,
  stream: string,
  need: ConsumerNeed,
  mode: StreamsMode,
  startSequence?: number,
): Promise<void> {
  if (mode === "off") return;
  const found = await consumerConfig(jsm, stream, need.durable_name as string);
  if (found === undefined && mode === "create") {
    const start =
      startSequence === undefined ? {} : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: startSequence };
    await jsm.consumers.add(stream, { ...need, ...start });
    return;
  }
  const differences = consumerDifferences(need, stream, found);
  if (differences.length === 0) return;
  if (mode === "verify" || differences.some((difference) => !difference.mutable)) {
    throw new StreamsError(differences.map((difference) => difference.line));
  }
  await jsm.consumers.update(stream, need.durable_name as string, {
    ack_wait: need.ack_wait as number,
    max_ack_pending: need.max_ack_pending as number,
  });
}

export function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && [STREAM_NOT_FOUND, CONSUMER_NOT_FOUND].includes(error.code);
}

async function streamConfig(jsm: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await jsm.streams.info(name)).config;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function consumerConfig(
  jsm: JetStreamManager,
  stream: string,
  durable: string,
): Promise<ConsumerConfig | undefined> {
  try {
    return (await jsm.consumers.info(stream, durable)).config;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
