/**
 * The contracts as AsyncAPI 3.0. The application it describes is Rollcall: it receives what clients emit and backends
 * publish, and sends what clients get and backends answer. A channel is an event on a namespace, or a subject on the bus.
 */

import { stringify } from "yaml";
import type { Catalogue, EventEntry, JsonSchema } from "../../catalogue.ts";
import { DEFAULT_NAMESPACE } from "../../names.ts";
import { CORE_SCHEMAS } from "../core-names.ts";
import {
  coreAck,
  coreDefinitions,
  corePayload,
  type Definitions,
  defineAll,
  type NamedNamespace,
} from "../definitions.ts";
import { plainText } from "../inline.ts";
import { pascalCase } from "../naming.ts";
import { portable } from "../portable.ts";
import { whoSends } from "../rules-text.ts";
import { type ClientMessage, coreSurface, type ServerMessage, surfaceOf } from "../surface.ts";
import { BUS_SERVER, edgeServer, MESSAGE_TRAITS, OPERATION_TRAITS, REFUSED, ref, SECURITY_SCHEMES } from "./common.ts";
import { Draft } from "./draft.ts";
import { toDraft07 } from "./draft07.ts";
import { ack, answer, backendSide, clientSide } from "./messages.ts";

export interface AsyncApiOptions {
  /** Of the contracts: the document's version. */
  hash: string;
}

const DESCRIPTION = `The application is Rollcall: \`receive\` is what it takes from clients and backends, \`send\` what it
brings to them. What no contract declares is neither taken nor sent.`;

export function renderAsyncApi(catalogue: Catalogue, { hash }: AsyncApiOptions): string {
  const core = coreSurface();
  const definitions = defineAll(
    catalogue,
    [...core.client, ...core.server].map(({ name }) => pascalCase(name)),
  );
  const draft = new Draft();
  const edges = serversOf(definitions.namespaces);
  for (const message of core.client) {
    const key = pascalCase(message.name);
    addEmitted(draft, message, {
      key,
      id: key,
      servers: Object.keys(edges),
      payload: corePayload(message).name,
      ack: coreAck(message).name,
    });
  }
  for (const message of core.server) {
    const key = pascalCase(message.name);
    addReceived(draft, message, { key, servers: Object.keys(edges), payload: corePayload(message).name });
  }
  for (const namespace of definitions.namespaces) addNamespace(draft, namespace);
  const document = {
    asyncapi: "3.0.0",
    info: { title: "Rollcall contracts", version: hash, description: DESCRIPTION },
    defaultContentType: "application/json",
    servers: { ...edges, bus: BUS_SERVER },
    channels: draft.channels,
    operations: draft.operations,
    components: {
      securitySchemes: SECURITY_SCHEMES,
      operationTraits: OPERATION_TRAITS,
      messageTraits: MESSAGE_TRAITS,
      messages: draft.messages,
      schemas: schemasOf(definitions),
    },
  };
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 });
}

const serverKey = (prefix: string) => (prefix === "" ? "edge" : `edge.${prefix}`);

function serversOf(namespaces: readonly NamedNamespace[]) {
  if (namespaces.length === 0) return { edge: edgeServer(DEFAULT_NAMESPACE, []) };
  return Object.fromEntries(
    namespaces.map(({ entry, prefix }) => [serverKey(prefix), edgeServer(entry.namespace, entry.descriptions)]),
  );
}

interface Names {
  /** Of the channel and operation. */
  key: string;
  servers: readonly string[];
  payload: string;
}

function eventChannel(draft: Draft, { name }: { name: string }, { key, servers }: Names): void {
  draft.channel(key, { address: name, title: name, servers: servers.map((server) => ref(`#/servers/${server}`)) });
}

function addEmitted(draft: Draft, message: ClientMessage, names: Names & { id: string; ack: string }): void {
  const { key, id, payload } = names;
  eventChannel(draft, message, names);
  const messages = [draft.message(key, id, clientSide(message, payload))];
  const replies = [
    draft.message(key, `${key}.ack`, ack(message.name, names.ack)),
    draft.message(key, "refused", REFUSED),
  ];
  draft.operation(`receive${key}`, key, {
    action: "receive",
    ...about(message, `A client emits ${message.name}`, "fromClients"),
    messages,
    reply: { channel: ref(`#/channels/${key}`), messages: replies },
  });
}

function addReceived(draft: Draft, message: ServerMessage, names: Names): void {
  const { key, payload } = names;
  eventChannel(draft, message, names);
  const messages = [draft.message(key, key, clientSide(message, payload))];
  draft.operation(`send${key}`, key, {
    action: "send",
    ...about(message, `A client receives ${message.name}`, "toClients"),
    messages,
  });
}

function about(message: ClientMessage | ServerMessage, summary: string, trait: string) {
  const { source } = message;
  const deprecated = source.kind !== "core" && source.entry.deprecated !== undefined;
  return {
    summary,
    description: plainText(whoSends(message)),
    tags: [source.kind, ...(deprecated ? ["deprecated"] : [])].map((name) => ({ name })),
    traits: [ref(`#/components/operationTraits/${trait}`)],
  };
}

function addNamespace(draft: Draft, { entry, prefix, payload, emitted, reply }: NamedNamespace): void {
  const servers = [serverKey(prefix)];
  const { client, server } = surfaceOf(entry);
  for (const message of client) {
    const { name, source } = message;
    const key = payload.get(name)!;
    const relay =
      source.kind === "relay" ? { id: `${key}.emitted`, payload: emitted.get(name)!, ack: "Relayed" } : undefined;
    addEmitted(draft, message, { key, servers, ...(relay ?? { id: key, payload: key, ack: reply.get(name)! }) });
  }
  for (const message of server) {
    const key = payload.get(message.name)!;
    addReceived(draft, message, { key, servers, payload: key });
    if (message.source.kind === "event") addPublished(draft, message, key, message.source.entry);
  }
  for (const command of entry.commands) {
    const key = payload.get(command.name)!;
    const bus = busChannel(draft, command.subject);
    const answers = `${key}.answers`;
    draft.channel(answers, { address: null, title: `Answers to ${command.name}`, servers: [ref("#/servers/bus")] });
    draft.operation(`request${key}`, bus, {
      action: "send",
      summary: `A backend answers ${command.name}`,
      traits: [ref("#/components/operationTraits/toBackends")],
      messages: [draft.message(bus, `${key}.request`, backendSide(command, key, "request"))],
      reply: {
        channel: ref(`#/channels/${answers}`),
        messages: [draft.message(answers, `${key}.answer`, answer(command.name, reply.get(command.name)!))],
      },
    });
  }
}

function addPublished(draft: Draft, message: ServerMessage, key: string, entry: EventEntry): void {
  if (entry.from === undefined) return;
  const bus = busChannel(draft, entry.from);
  draft.operation(`consume${key}`, bus, {
    action: "receive",
    ...about(message, `A backend publishes ${entry.name}`, "fromBackends"),
    messages: [draft.message(bus, `${key}.published`, backendSide(entry, key, "cloudEvent"))],
  });
}

/** One for each subject: several events may share it and differ in their type. */
function busChannel(draft: Draft, subject: string): string {
  const key = subject.replaceAll("{tenant}", "tenant").replaceAll("%", "_");
  draft.channel(key, {
    address: subject,
    title: subject,
    servers: [ref("#/servers/bus")],
    ...(subject.includes("{tenant}") ? { parameters: { tenant: { description: "Whose event it is." } } } : {}),
  });
  return key;
}

function schemasOf({ namespaces, shared, nameOf }: Definitions): Record<string, JsonSchema> {
  const make = (schema: JsonSchema, own = false) => {
    const made = toDraft07(portable(schema, nameOf, (name) => `#/components/schemas/${name}`, own));
    return made === true ? {} : made;
  };
  const parts = [...CORE_SCHEMAS, ...shared].map(({ name, schema }) => [name, make(schema, true)]);
  const core = coreDefinitions().map(({ name, schema }) => [name, make(schema)]);
  const declared = namespaces.flatMap(({ entry, payload, emitted, reply }) => [
    ...[...entry.relays, ...entry.commands, ...entry.events].map((each) => [
      payload.get(each.name),
      make(each.payload),
    ]),
    ...surfaceOf(entry).client.map((message) =>
      message.source.kind === "relay"
        ? [emitted.get(message.name), make(message.payload)]
        : [reply.get(message.name), make(message.ack)],
    ),
  ]);
  return Object.fromEntries([...parts, ...core, ...declared]);
}
