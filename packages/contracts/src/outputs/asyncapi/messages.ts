/** Messages of an AsyncAPI document: one for each event, direction and side of Rollcall. */

import type { MessageEntry } from "../../catalogue.ts";
import { roomExample } from "../rules-text.ts";
import type { ClientMessage, ServerMessage } from "../surface.ts";
import { ref } from "./common.ts";

export type Json = { [key: string]: unknown };

/** Between clients and Rollcall. */
export function clientSide(message: ClientMessage | ServerMessage, schema: string): Json {
  const { name, description, source } = message;
  const emitted = "ack" in message;
  const entry = source.kind === "core" ? undefined : source.entry;
  const examples = (entry?.examples ?? []).map((example) =>
    emitted && source.kind === "relay" ? { room: roomExample(source.entry), data: example } : example,
  );
  return messageOf(name, description, emitted ? "emitted" : "received", schema, examples, entry);
}

/** Between backends and Rollcall. */
export function backendSide(entry: MessageEntry, schema: string, trait: "cloudEvent" | "request"): Json {
  return messageOf(entry.name, entry.description, trait, schema, entry.examples, entry);
}

export function answer(name: string, schema: string): Json {
  return messageOf(name, `Answers ${name}.`, "answer", schema, []);
}

export function ack(name: string, schema: string): Json {
  const data = ref(`#/components/schemas/${schema}`);
  return {
    name: `${name} ack`,
    title: `Ack of ${name}`,
    payload: { type: "object", required: ["ok", "data"], properties: { ok: { const: true }, data } },
  };
}

function messageOf(
  name: string,
  summary: string | undefined,
  trait: string,
  schema: string,
  examples: readonly unknown[],
  entry?: MessageEntry,
): Json {
  return {
    name,
    title: name,
    ...(summary === undefined ? {} : { summary }),
    traits: [ref(`#/components/messageTraits/${trait}`)],
    payload: ref(`#/components/schemas/${schema}`),
    ...(examples.length === 0 ? {} : { examples: examples.map((payload) => ({ payload })) }),
    ...extensions(entry),
  };
}

/** What AsyncAPI has no place for. */
function extensions({ owner, deprecated, enforcement }: Partial<MessageEntry> = {}): Json {
  return {
    ...(owner === undefined ? {} : { "x-owner": owner }),
    ...(deprecated === undefined ? {} : { "x-deprecated": deprecated }),
    ...(enforcement === "warn" ? { "x-enforcement": enforcement } : {}),
  };
}
