/** What is written of an event that cannot be routed: the original, and why. Pure. */

import type { Subjects } from "@rollcall/contracts";
import type { Dead } from "../routing/route.ts";
import type { BusMessage } from "../streams/cloud-event.ts";

export interface Letter {
  subject: string;
  /** Equal for every copy of one message, so that a repeated copy is dropped. */
  msgId: string;
  headers: [name: string, value: string][];
  body: Uint8Array;
}

const MAX_DETAIL = 1024;
/** Headers of ours take little; what is left of the server's limit is for the original. */
const HEADER_ALLOWANCE = 4096;

/**
 * The original's headers stay (identity and trace are in them), but for `Nats-*`, which would make the server act
 * again. `traceparent` is the consume span's for a message that brought none. A body that would not fit any more is
 * left out and said so: the letter must not be refused.
 */
export function writeLetter(
  subjects: Subjects,
  message: BusMessage,
  original: readonly [name: string, value: string][],
  dead: Dead,
  options: { traceparent: string; maxPayload: number },
): Letter {
  const kept = original.filter(([name]) => !/^(nats-|rollcall-)/i.test(name));
  const headers: [string, string][] = [
    ...kept,
    ["rollcall-reason", dead.reason],
    ["rollcall-detail", headerText(dead.detail)],
    ["rollcall-subject", message.subject],
    ["rollcall-stream", message.stream],
    ["rollcall-sequence", String(message.sequence)],
  ];
  const optional: [string, string | undefined][] = [
    ["rollcall-event", dead.event],
    ["rollcall-tenant", dead.tenant],
    ["rollcall-source", dead.source],
    ["rollcall-id", dead.id],
    ["rollcall-msg-id", message.headers.get("nats-msg-id")],
  ];
  for (const [name, value] of optional) if (value !== undefined) headers.push([name, headerText(value)]);
  if (!message.headers.has("traceparent")) headers.push(["traceparent", options.traceparent]);

  const size = kept.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value) + 4, 0);
  const fits = size + message.body.length + HEADER_ALLOWANCE <= options.maxPayload;
  if (!fits) headers.push(["rollcall-truncated", String(message.body.length)]);
  return {
    subject: subjects.deadletter(dead.reason),
    msgId: `${message.stream}-${message.streamCreated}-${message.sequence}`,
    headers,
    body: fits ? message.body : new Uint8Array(),
  };
}

/** One line, bounded: header values end at a newline. */
function headerText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
  return text.replace(/[\u0000-\u001f\u007f]+/g, " ").slice(0, MAX_DETAIL);
}
