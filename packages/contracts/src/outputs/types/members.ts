/** Members of the event maps: signatures as stock Socket.IO clients take them. */

import type { MessageEntry } from "../../catalogue.ts";
import type { ClientMessage, ServerMessage } from "../surface.ts";
import { docComment, indent, quoted } from "./schema-type.ts";

export function serverMember(message: ServerMessage, payload: string): string {
  return member(message, `(payload: ${payload}, meta: Meta) => void`);
}

export function clientMember(message: ClientMessage, payload: string, ack: string): string {
  const reply = `(reply: Reply<${ack}>) => void`;
  const rest = message.ackRequired
    ? `meta: ClientMeta | null | undefined, ack: ${reply}`
    : `meta?: ClientMeta | null, ack?: ${reply}`;
  return member(message, `(payload: ${payload}, ${rest}) => void`);
}

function member({ name, description = "", source }: ClientMessage | ServerMessage, signature: string): string {
  const doc = source.kind === "core" ? [description] : messageDoc(source.entry);
  return [...docComment(doc.filter((line) => line !== "")), `${quoted(name)}: ${signature};`].join("\n");
}

export function messageDoc({ description, deprecated }: MessageEntry): string[] {
  const doc = description === undefined ? [] : [description];
  if (deprecated === undefined) return doc;
  const { since, use, remove } = deprecated;
  const rest = [use === undefined ? "" : `; use ${use}`, remove === undefined ? "" : `; goes in ${remove}`];
  return [...doc, `@deprecated since ${since}${rest.join("")}`];
}

export function interfaceText(name: string, members: readonly string[], base?: string): string {
  const head = `export interface ${name}${base === undefined ? "" : ` extends ${base}`}`;
  return members.length === 0 ? `${head} {}` : `${head} {\n${indent(members.join("\n"))}\n}`;
}
