/**
 * Looks for an event that the notifiers know nothing of in the streams it could wait in: they remember what they took in, not
 * what is still before them. Reads headers alone, as an onlooker: nobody's place in a stream moves.
 */

import { DeliverPolicy, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { MsgHdrs } from "@nats-io/nats-core";
import { subjectsOf } from "@rollcall/contracts";
import type { Clock } from "@rollcall/runtime";
import type { Bus } from "./connect.ts";
import { type EventSource, sourcesOf } from "./sources.ts";

/** What one stream says. */
export type Sighting =
  /** `isDone`: the notifiers are past it; undefined: that cannot be asked. */
  | { kind: "there"; stream: string; subject: string; sequence: number; at: string; isDone: boolean | undefined }
  /** `messages`: of the newest, how many were looked at. `isWhole`: they were all there are. */
  | { kind: "absent"; stream: string; messages: number; isWhole: boolean }
  | { kind: "missing"; stream: string }
  /** It may be there all the same. `waiting`: events that the notifiers have not taken in; undefined: not to be asked. */
  | { kind: "unseen"; stream: string; why: string; waiting: number | undefined };

/** Of each stream the newest: some seconds' reading at most. */
export const NEWEST = 50_000;
const PAGE = 1_000;
const PAGE_MS = 2_000;
const PATIENCE_MS = 5_000;

export interface FindOptions {
  clock: Clock;
  /** The setting `EVENT_SOURCES`. */
  sources?: string | undefined;
  /** For a page of a stream: the client asks again for ever where it may not ask at all. Default 5 s. */
  patienceMs?: number;
}

export async function findEvent(bus: Bus, id: string, options: FindOptions): Promise<Sighting[]> {
  const { nc, jetStream, install } = bus;
  const jsm = await jetstreamManager(nc, { ...jetStream, checkAPI: false });
  const subjects = subjectsOf(install);
  const emitted = subjects.emittedStream();
  const own = { stream: emitted, filter: subjects.emittedAll(), durable: subjects.notifierDurable(emitted) };
  const sightings: Sighting[] = [];
  for (const source of [...sourcesOf(install, options.sources), own]) {
    const { stream } = source;
    try {
      sightings.push(await lookIn(bus, jsm, source, id, options));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (/stream not found/.test(why)) sightings.push({ kind: "missing", stream });
      else sightings.push({ kind: "unseen", stream, why, waiting: (await progress(jsm, source))?.waiting });
    }
  }
  return sightings;
}

async function lookIn(
  bus: Bus,
  jsm: JetStreamManager,
  source: EventSource,
  id: string,
  { clock, patienceMs = PATIENCE_MS }: FindOptions,
): Promise<Sighting> {
  const { stream, filter } = source;
  const { first_seq: first, last_seq: last } = (await jsm.streams.info(stream)).state;
  const from = Math.max(first, last - NEWEST + 1, 1);
  const consumer = await jetstream(bus.nc, bus.jetStream).consumers.get(stream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from,
    headers_only: true,
    ...(filter !== undefined && { filter_subjects: filter }),
  });
  let messages = 0;
  for (let left = (await consumer.info()).num_pending; left > 0; ) {
    let read = 0;
    const page = await consumer.fetch({ max_messages: Math.min(left, PAGE), expires: PAGE_MS });
    const limit = clock.setTimer(patienceMs, () => void page.close());
    try {
      for await (const message of page) {
        read++;
        if (!isNamed(message.headers, id)) continue;
        const { seq: sequence, subject, time } = message;
        const passed = (await progress(jsm, source))?.passed;
        const isDone = passed === undefined ? undefined : sequence <= passed;
        return { kind: "there", stream, subject, sequence, at: time.toISOString(), isDone };
      }
    } finally {
      limit.cancel();
    }
    if (read === 0) throw new Error("it stopped answering");
    messages += read;
    left -= read;
  }
  return { kind: "absent", stream, messages, isWhole: from <= first };
}

/** A structured CloudEvent has its id within; publishers that let NATS refuse repeats give it as `Nats-Msg-Id` too. */
function isNamed(headers: MsgHdrs | undefined, id: string): boolean {
  const names = [headers?.get("ce-id"), headers?.get("Nats-Msg-Id")];
  return names.some((name) => name === id || name === encodeURIComponent(id));
}

/** How far the notifiers are; undefined: there is no consumer of theirs, or it may not be asked. */
async function progress(
  jsm: JetStreamManager,
  { stream, durable }: EventSource,
): Promise<{ passed: number; waiting: number } | undefined> {
  try {
    const { ack_floor: floor, num_pending: pending, num_ack_pending: open } = await jsm.consumers.info(stream, durable);
    return { passed: floor.stream_seq, waiting: pending + open };
  } catch {
    return undefined; // then it is not said
  }
}
