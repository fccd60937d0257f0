/** Reading, replaying and discarding what is in the dead-letter stream. A tenant sees its own letters only. */

import { DeliverPolicy, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream";
import { headers as createHeaders, type MsgHdrs } from "@nats-io/nats-core";
import { DEFAULT_TENANT, RollcallError, type Subjects } from "@rollcall/contracts";
import type { Logger } from "@rollcall/runtime";
import { parseTraceparent } from "@rollcall/telemetry";
import { type Faults, withFaults } from "../faults.ts";
import { deadLetterStream } from "../streams/sources.ts";
import { isMissing, type Streams } from "../streams/streams.ts";

export interface LetterSummary {
  /** Of the letter: its sequence in the dead-letter stream. */
  id: string;
  at: string;
  reason: string;
  detail: string;
  tenant: string;
  /** Where the original was published, and its place there. */
  subject: string;
  stream: string;
  sequence: number;
  event?: string;
  source?: string;
  eventId?: string;
  trace?: string;
  bytes: number;
  /** The original was too large to keep: it cannot be replayed. */
  truncated?: true;
}

export interface Letter extends LetterSummary {
  headers: Record<string, string>;
  /** As text. */
  body: string;
}

export interface LetterFilter {
  limit?: number;
  reason?: string;
  ids?: string[];
  /** When the letter was written, RFC 3339, both included. */
  since?: string;
  until?: string;
}

/** Oldest first. `after`: the `next` of the request before. */
export interface ChosenLetters extends LetterFilter {
  after?: string;
}

export interface ArchiveOptions {
  js: JetStreamClient;
  jsm: JetStreamManager;
  subjects: Subjects;
  streams: Pick<Streams, "ensureStream">;
  logger: Logger;
  faults: Faults | undefined;
}

const DEFAULT_LIMIT = 50;
/** How many a request acts upon: each takes two round trips, and an answer must come within seconds. */
const BATCH = 500;
/** How many are looked at: bounds what one request costs. */
const MAX_SCAN = 10_000;
const FETCH_MS = 1_000;
const REPLAY_TIMEOUT_MS = 3_000;

interface Stored {
  seq: number;
  subject: string;
  time: Date;
  headers: MsgHdrs;
  body: Uint8Array;
}

export function createArchive({ js, jsm, subjects, streams, logger, faults }: ArchiveOptions) {
  const stream = subjects.deadletterStream();
  const steps = withFaults("archive", { publish, remove }, faults);

  /** The original, where it came from. */
  async function publish({ seq, headers, body }: Stored): Promise<void> {
    await js.publish(headers.get("rollcall-subject"), body, {
      headers: originalHeaders(headers),
      msgID: `replay-${seq}`,
      timeout: REPLAY_TIMEOUT_MS,
    });
  }

  async function remove({ seq }: Stored): Promise<void> {
    await jsm.streams.deleteMessage(stream, seq);
  }

  /** Place of the newest letter. A stream that is gone is made anew where that is allowed: then there is none. */
  async function lastPlace(): Promise<number> {
    try {
      return (await jsm.streams.info(stream)).state.last_seq;
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      const why = await streams.ensureStream(deadLetterStream(subjects)).then(
        (made) => (made ? undefined : cause),
        (missing: unknown) => missing,
      );
      if (why !== undefined) throw new RollcallError("UNAVAILABLE", { cause: why });
      return 0;
    }
  }

  /** The newest, newest last, at most `limit`. */
  async function newest(tenant: string, filter: LetterFilter): Promise<Stored[]> {
    if (filter.ids !== undefined) return named(tenant, filter.ids);
    const { limit = DEFAULT_LIMIT } = filter;
    const last = await lastPlace();
    const letters: Stored[] = [];
    for await (const letter of scan({ from: last - MAX_SCAN, to: last }, filter.reason)) {
      if (tenantOf(letter) !== tenant || !isWithin(letter, filter)) continue;
      letters.push(letter);
      if (letters.length > limit) letters.shift();
    }
    return letters;
  }

  /** Those to act upon, oldest first; `next`: there may be more behind it. */
  async function oldest(tenant: string, filter: ChosenLetters): Promise<{ letters: Stored[]; next?: string }> {
    if (filter.ids !== undefined) return { letters: await named(tenant, filter.ids) };
    const limit = Math.min(filter.limit ?? BATCH, BATCH);
    // What is replayed and fails once more is a new letter: it waits for another day, or there would be no end.
    const { after, to } = cursorOf(filter.after) ?? { after: 0, to: await lastPlace() };
    const letters: Stored[] = [];
    let looked = 0;
    for await (const letter of scan({ from: after + 1, to }, filter.reason)) {
      if (tenantOf(letter) === tenant && isWithin(letter, filter)) letters.push(letter);
      if (letters.length === limit || ++looked === MAX_SCAN) {
        // A limit that was asked for is all that was wanted.
        return { letters, ...(letters.length === filter.limit ? {} : { next: `${letter.seq}.${to}` }) };
      }
    }
    return { letters };
  }

  async function named(tenant: string, ids: readonly string[]): Promise<Stored[]> {
    const found = await Promise.all(ids.map(get));
    return found.filter((letter) => letter !== undefined && tenantOf(letter) === tenant) as Stored[];
  }

  async function get(id: string): Promise<Stored | undefined> {
    if (!/^\d{1,15}$/.test(id)) return undefined;
    const stored = await jsm.streams.getMessage(stream, { seq: Number(id) });
    if (stored === null || stored.header === undefined) return undefined;
    return { seq: stored.seq, subject: stored.subject, time: stored.time, headers: stored.header, body: stored.data };
  }

  async function* scan({ from, to }: { from: number; to: number }, reason?: string): AsyncGenerator<Stored> {
    if (from > to) return;
    const consumer = await js.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Math.max(1, from),
      filter_subjects: reason === undefined ? subjects.deadletterAll() : subjects.deadletter(reason),
    });
    let left = (await consumer.info()).num_pending;
    while (left > 0) {
      const messages = await consumer.fetch({ max_messages: Math.min(left, 500), expires: FETCH_MS });
      let got = 0;
      for await (const message of messages) {
        got++;
        left = message.info.pending;
        if (message.seq > to) return messages.stop();
        if (message.headers === undefined) continue;
        yield {
          seq: message.seq,
          subject: message.subject,
          time: message.time,
          headers: message.headers,
          body: message.data,
        };
      }
      if (got === 0) return; // removed meanwhile
    }
  }

  return {
    async list(tenant: string, filter: LetterFilter): Promise<LetterSummary[]> {
      return (await newest(tenant, filter)).map(summaryOf);
    },

    async show(tenant: string, id: string): Promise<Letter | undefined> {
      const letter = await get(id);
      if (letter === undefined || tenantOf(letter) !== tenant) return undefined;
      const headers = Object.fromEntries(letter.headers.keys().map((name) => [name, letter.headers.get(name)]));
      return { ...summaryOf(letter), headers, body: Buffer.from(letter.body).toString("utf8") };
    },

    /** By the identity that its publisher gave it, newest last. */
    async ofEvent(tenant: string, eventId: string): Promise<LetterSummary[]> {
      const found: LetterSummary[] = [];
      const last = await lastPlace();
      for await (const letter of scan({ from: last - MAX_SCAN, to: last })) {
        if (tenantOf(letter) === tenant && letter.headers.get("rollcall-id") === eventId) found.push(summaryOf(letter));
      }
      return found;
    },

    /** Publishes originals again where they came from, under the identity they had, and removes their letters. */
    async replay(
      tenant: string,
      filter: ChosenLetters,
    ): Promise<{ replayed: string[]; skipped: string[]; next?: string }> {
      const replayed: string[] = [];
      const skipped: string[] = [];
      const { letters, ...more } = await oldest(tenant, filter);
      for (const letter of letters) {
        const id = String(letter.seq);
        if (letter.headers.get("rollcall-truncated") !== "") {
          skipped.push(id);
          continue;
        }
        try {
          await steps.publish(letter);
        } catch (cause) {
          throw new RollcallError("UNAVAILABLE", { cause, details: { replayed } });
        }
        await steps.remove(letter);
        replayed.push(id);
      }
      logger.info({ event: "deadletter.replayed", tenant, ids: replayed, skipped }, "dead letters were replayed");
      return { replayed, skipped, ...more };
    },

    /** The log is the audit: who asked is known to NATS, what was thrown away is said here. */
    async discard(tenant: string, filter: ChosenLetters): Promise<{ discarded: string[]; next?: string }> {
      const discarded: string[] = [];
      const { letters, ...more } = await oldest(tenant, filter);
      for (const letter of letters) {
        const { reason, subject, source, eventId } = summaryOf(letter);
        logger.warn(
          { event: "deadletter.discarded", tenant, id: letter.seq, reason, subject, source, eventId },
          "a dead letter was discarded",
        );
        await steps.remove(letter);
        discarded.push(String(letter.seq));
      }
      return { discarded, ...more };
    },
  };
}

export type Archive = ReturnType<typeof createArchive>;

/** Throws `PAYLOAD_INVALID` for one that no answer gave. */
function cursorOf(text: string | undefined): { after: number; to: number } | undefined {
  if (text === undefined) return undefined;
  const [, after, to] = /^(\d{1,15})\.(\d{1,15})$/.exec(text) ?? [];
  if (after === undefined || to === undefined) {
    throw RollcallError.invalid([{ pointer: "/after", keyword: "pattern", message: "is not the `next` of an answer" }]);
  }
  return { after: Number(after), to: Number(to) };
}

const isWithin = ({ time }: Stored, { since, until }: LetterFilter): boolean =>
  (since === undefined || time.getTime() >= Date.parse(since)) &&
  (until === undefined || time.getTime() <= Date.parse(until));

/** What belongs to no tenant is the default one's to look after. */
const tenantOf = ({ headers }: Stored): string => headers.get("rollcall-tenant") || DEFAULT_TENANT;

function summaryOf({ seq, time, headers, body }: Stored): LetterSummary {
  const text = (name: string) => headers.get(`rollcall-${name}`);
  const optional = (field: string, value: string | undefined) => (value ? { [field]: value } : {});
  return {
    id: String(seq),
    at: time.toISOString(),
    reason: text("reason"),
    detail: text("detail"),
    tenant: text("tenant") || DEFAULT_TENANT,
    subject: text("subject"),
    stream: text("stream"),
    sequence: Number(text("sequence")),
    ...optional("event", text("event")),
    ...optional("source", text("source")),
    ...optional("eventId", text("id")),
    ...optional("trace", parseTraceparent(headers.get("traceparent"))?.traceId),
    bytes: body.length,
    ...(text("truncated") === "" ? {} : { truncated: true as const }),
  };
}

/**
 * Without ours; and an original that was plain JSON says from now on who it is: published again it would have another
 * place in the stream, so another identity.
 */
function originalHeaders(headers: MsgHdrs): MsgHdrs {
  const original = createHeaders();
  let saysWho = false;
  for (const [name, values] of headers) {
    if (/^(rollcall|nats)-/i.test(name)) continue;
    if (/^ce-specversion$/i.test(name)) saysWho = true;
    if (/^content-type$/i.test(name) && /^application\/cloudevents\+json/i.test(values[0] ?? "")) saysWho = true;
    for (const value of values) original.append(name, value);
  }
  const [source, id] = [headers.get("rollcall-source"), headers.get("rollcall-id")];
  if (!saysWho && source !== "" && id !== "") {
    original.set("ce-specversion", "1.0");
    original.set("ce-type", headers.get("rollcall-subject"));
    original.set("ce-source", encodeURIComponent(source));
    original.set("ce-id", encodeURIComponent(id));
  }
  return original;
}
