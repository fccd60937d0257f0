/** A few lines per event, ready to be pasted. */

import type { CommandEntry, EventEntry, JsonSchema } from "../../catalogue.ts";
import { DEFAULT_TENANT } from "../../names.ts";
import { roomExample } from "../rules-text.ts";
import type { ClientMessage, ServerMessage } from "../surface.ts";
import { sampleOf } from "./sample.ts";

export interface Snippet {
  title: string;
  language: "js" | "sh";
  code: string;
}

/** What the payload may look like: the first example, or a value made from the schema. */
const payloadFor = (schema: JsonSchema, examples: readonly unknown[]): unknown => examples[0] ?? sampleOf(schema);

const shown = (value: unknown): string =>
  value === undefined ? "payload" : (JSON.stringify(value, null, 2) ?? "null");

export function emitSnippet(message: ClientMessage): Snippet {
  const { name, source } = message;
  const event = JSON.stringify(name);
  if (source.kind === "relay") {
    const data = payloadFor(source.entry.payload, source.entry.examples);
    const room = JSON.stringify(roomExample(source.entry));
    const code = `socket.emit(${event}, { room: ${room}, data: ${shown(data)} }, null, (reply) => {
  if (!reply.ok) console.error(reply.error.code);
});`;
    return { title: "Emit", language: "js", code };
  }
  const value = payloadFor(message.payload, source.kind === "command" ? source.entry.examples : []);
  const code = `const reply = await socket.timeout(12_000).emitWithAck(${event}, ${shown(value)});
if (!reply.ok) console.error(reply.error.code);`;
  return { title: source.kind === "command" ? "Call" : "Emit", language: "js", code };
}

export function receiveSnippet({ name }: ServerMessage): Snippet {
  const code = `socket.on(${JSON.stringify(name)}, (payload, meta) => {\n  console.log(meta.id, payload);\n});`;
  return { title: "Receive", language: "js", code };
}

export function publishSnippets({ name, from, type, tenantFrom, payload, examples }: EventEntry): Snippet[] {
  if (from === undefined) return [];
  const value = payloadFor(payload, examples);
  const data = quoted(value === undefined ? "{}" : JSON.stringify(value));
  const headers = [
    ...["ce-specversion:1.0", "ce-id:1", "ce-source:/example", `ce-type:${type ?? name}`],
    ...(tenantFrom === "header" ? [`ce-tenantid:${DEFAULT_TENANT}`] : []),
  ];
  const subject = from.replace("{tenant}", DEFAULT_TENANT);
  const lines = [`nats pub ${subject}`, ...headers.map((header) => `-H ${quoted(header)}`), data];
  return [
    { title: "Publish, with the command line", language: "sh", code: `./rollcall publish ${name} --data ${data}` },
    { title: "Publish, from anywhere", language: "sh", code: lines.join(" \\\n  ") },
  ];
}

export function answerSnippet({ subject, reply }: CommandEntry): Snippet {
  const value = sampleOf(reply);
  const code = `for await (const request of nc.subscribe(${JSON.stringify(subject)}, { queue: "backend" })) {
  console.log(request.headers?.get("rollcall-user"), request.json());
  request.respond(JSON.stringify(${value === undefined ? "reply" : shown(value).replaceAll("\n", "\n  ")}));
}`;
  return { title: "Answer, in a backend", language: "js", code };
}

/** One word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
