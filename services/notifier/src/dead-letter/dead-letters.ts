/** The dead-letter stream: a letter counts as written only with its PubAck. */

import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import { headers as createHeaders, type MsgHdrs, type NatsConnection } from "@nats-io/nats-core";
import { RollcallError, type Subjects } from "@rollcall/contracts";
import { isNatsUp, type Logger } from "@rollcall/runtime";
import type { Dead } from "../routing/route.ts";
import { deadLetterStream } from "../streams/sources.ts";
import type { StreamMessage } from "../streams/stream-message.ts";
import { ensureStream, type StreamsMode } from "../streams/streams.ts";
import { writeLetter } from "./letter.ts";

export interface DeadLetters {
  /** Rejects with `UNAVAILABLE` when it was not, or perhaps not, written: try again, a repeated copy is dropped. */
  write(message: StreamMessage, dead: Dead, traceparent: string): Promise<void>;
}

export interface DeadLettersOptions {
  nc: NatsConnection;
  js: JetStreamClient;
  jsm: JetStreamManager;
  subjects: Subjects;
  mode: StreamsMode;
  logger: Logger;
}

const PUBLISH_TIMEOUT_MS = 3_000;
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;

export function createDeadLetters(options: DeadLettersOptions): DeadLetters {
  const { nc, js, jsm, subjects, mode, logger } = options;
  return {
    async write(message, dead, traceparent) {
      // What is published while the connection is away is lost or sent much later.
      if (!isNatsUp(nc)) throw new RollcallError("UNAVAILABLE");
      const maxPayload = nc.info?.max_payload ?? DEFAULT_MAX_PAYLOAD;
      const letter = writeLetter(subjects, message, message.original, dead, { traceparent, maxPayload });
      const headers = headersOf(letter.headers);
      try {
        await js.publish(letter.subject, letter.body, {
          headers,
          msgID: letter.msgId,
          timeout: PUBLISH_TIMEOUT_MS,
          expect: { streamName: subjects.deadletterStream() },
        });
      } catch (cause) {
        await ensureStream(jsm, deadLetterStream(subjects), mode === "off" ? "verify" : mode).catch((error: unknown) =>
          logger.error({ event: "deadletter.stream_missing", error }, "the dead-letter stream is not as needed"),
        );
        throw new RollcallError("UNAVAILABLE", { cause });
      }
    },
  };
}

/** A header that this client refuses to write (no token, a line break) is left out: the letter matters more. */
function headersOf(pairs: readonly (readonly [name: string, value: string])[]): MsgHdrs {
  const headers = createHeaders();
  for (const [name, value] of pairs) {
    if (/^[!#-'*+\-.0-9A-Z^_`a-z|~]+$/.test(name) && !/[\r\n]/.test(value)) headers.append(name, value);
  }
  return headers;
}
