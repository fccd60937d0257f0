/**
 * All of it as one JSON Schema document: `$defs` under the names that generated types have too. What a relay's client
 * emits (room and data) is called `<Name>Relay`.
 */

import type { Catalogue, JsonSchema } from "../../catalogue.ts";
import { CORE_SCHEMAS } from "../core-names.ts";
import { coreAck, coreDefinitions, corePayload, defineAll, type NamedNamespace } from "../definitions.ts";
import { portable } from "../portable.ts";
import { coreSurface, surfaceOf } from "../surface.ts";
import { asObject, DIALECT, json, type SchemaOptions } from "./documents.ts";

interface Definition {
  name: string;
  title?: string | undefined;
  description?: string | undefined;
  schema: JsonSchema;
  /** Others refer to it by its name. */
  part?: true;
}

export function renderSchemaBundle(catalogue: Catalogue, { hash }: SchemaOptions): string {
  const { nameOf, shared, namespaces } = defineAll(catalogue);
  const refer = (name: string) => `#/$defs/${name}`;
  const all: Definition[] = [
    ...[...CORE_SCHEMAS, ...shared].map((each): Definition => ({ ...each, part: true })),
    ...coreMessages(),
    ...namespaces.flatMap(messagesOf),
  ];
  const defs = all.map(({ name, title, description, schema, part }) => {
    const body = asObject(portable(schema, nameOf, refer, part === true));
    return [name, { ...given({ title }), ...body, ...given({ description }) }];
  });
  return json({ $schema: DIALECT, title: `Rollcall contracts ${hash}`, $defs: Object.fromEntries(defs) });
}

function coreMessages(): Definition[] {
  const { client, server } = coreSurface();
  const titles = new Map([
    ...[...server, ...client].map((message) => [corePayload(message).name, message.name] as const),
    ...client.map((message) => [coreAck(message).name, `Ack of ${message.name}`] as const),
  ]);
  return coreDefinitions().map((each) => ({ ...each, title: titles.get(each.name) }));
}

function messagesOf({ entry, payload, emitted, reply }: NamedNamespace): Definition[] {
  const where = `on ${entry.namespace}`;
  const payloads = [...entry.relays, ...entry.commands, ...entry.events].map((each) => ({
    name: payload.get(each.name)!,
    title: `${each.name} ${where}`,
    description: each.description,
    schema: each.payload,
  }));
  const sides = surfaceOf(entry).client.map((message) =>
    message.source.kind === "relay"
      ? { name: emitted.get(message.name)!, title: `${message.name} as emitted ${where}`, schema: message.payload }
      : { name: reply.get(message.name)!, title: `Ack of ${message.name} ${where}`, schema: message.ack },
  );
  return [...payloads, ...sides];
}

const given = (members: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
