/**
 * One TypeScript file for clients and publishers: the event maps that the generics of socket.io-client take, for each
 * namespace, and every payload under a name. It imports nothing.
 */

import type { Catalogue, NamespaceEntry } from "../../catalogue.ts";
import { DEFAULT_NAMESPACE } from "../../names.ts";
import { defineAll, type NamedNamespace } from "../definitions.ts";
import { camelCase, type NameOf } from "../naming.ts";
import { surfaceOf } from "../surface.ts";
import { accessors, NAMESPACE_MAPS } from "./accessors.ts";
import { coreSection } from "./core.ts";
import { clientMember, interfaceText, messageDoc, serverMember } from "./members.ts";
import { declaration, describeSchema, docComment, indent, quoted, typeText } from "./schema-type.ts";

/** What the file itself declares or takes from TypeScript. */
const RESERVED = [
  ...["AckOf", "Acked", "CoreClientToServer", "CoreServerToClient", "EventOf", "InEach", "NameIn", "Namespaces"],
  ...["NonNullable", "Of", "Reply", "Required"],
];

export interface TypesOptions {
  /** Of the contracts, so that the file tells what it was made from. */
  hash: string;
}

export function renderTypes(catalogue: Catalogue, { hash }: TypesOptions): string {
  const all = { ...catalogue, namespaces: withDefault(catalogue.namespaces) };
  const { namespaces, shared, nameOf } = defineAll(all, RESERVED, NAMESPACE_MAPS);
  const sections = [
    `// Written by \`rollcall contracts types\` from contracts ${hash}. Do not edit.\n/* eslint-disable */`,
    coreSection(),
    ...shared.map(({ name, schema }) => declaration(name, schema, nameOf, describeSchema(schema), true)),
    ...namespaces.map((each) => namespaceSection(each, nameOf)),
    accessors(namespaces.map(({ entry, prefix }) => ({ namespace: entry.namespace, prefix }))),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** Clients connect to `/` unless told otherwise: the bare names are there, be it with core's events only. */
function withDefault(namespaces: readonly NamespaceEntry[]): readonly NamespaceEntry[] {
  if (namespaces.some(({ namespace }) => namespace === DEFAULT_NAMESPACE)) return namespaces;
  const none = { descriptions: [], rooms: [], relays: [], commands: [], events: [] };
  return [{ namespace: DEFAULT_NAMESPACE, ...none }, ...namespaces];
}

function namespaceSection({ entry, prefix, ...names }: NamedNamespace, nameOf: NameOf): string {
  const { client, server } = surfaceOf(entry);
  const payload = ({ name }: { name: string }) => names.payload.get(name)!;
  const reply = ({ name }: { name: string }) => names.reply.get(name)!;

  const declarations = [...entry.relays, ...entry.commands, ...entry.events].map((each) => {
    const words = describeSchema(each.payload).filter((line) => line !== each.description);
    return declaration(payload(each), each.payload, nameOf, [...messageDoc(each), ...words]);
  });
  const replies = entry.commands.map((each) =>
    declaration(reply(each), each.reply, nameOf, [`What ${each.name} is answered with.`]),
  );
  const serverLines = server.map((message) => serverMember(message, payload(message)));
  const clientLines = client.map((message) =>
    message.source.kind === "relay"
      ? clientMember(message, `{ room: string; data: ${payload(message)} }`, "Relayed")
      : clientMember(message, payload(message), reply(message)),
  );
  const events = entry.events.map(({ name }) => `${quoted(name)}: ${names.payload.get(name)};`);
  const { namespace } = entry;
  const map = (doc: string, name: string, members: readonly string[], base?: string) =>
    `/** ${doc} */\n${interfaceText(prefix + name, members, base)}`;

  return [
    ...declarations,
    ...replies,
    map(`What arrives on ${namespace}.`, "ServerToClient", serverLines, "CoreServerToClient"),
    map(`What may be emitted on ${namespace}.`, "ClientToServer", clientLines, "CoreClientToServer"),
    map(`What backends publish for ${namespace}: the data of each CloudEvent.`, "Events", events),
    routes(entry, prefix),
    map("By pattern: the info of members, the values of state keys.", "Rooms", roomMembers(entry, nameOf)),
  ].join("\n\n");
}

/** The shape that publishers of ours take; for others, a table of subjects and types. */
function routes({ namespace, events }: NamespaceEntry, prefix: string): string {
  const lines = events
    .filter(({ from }) => from !== undefined)
    .map(({ name, from, type }) => `${quoted(name)}: ${quoted({ from, ...(type === undefined ? {} : { type }) })},`);
  const body = lines.length === 0 ? "{}" : `{\n${indent(lines.join("\n"))}\n}`;
  const doc = `Where backends publish what is for ${namespace}: NATS subject and CloudEvent type.`;
  return `/** ${doc} */\nexport const ${camelCase(`${prefix}EventRoutes`)} = ${body} as const;`;
}

function roomMembers({ rooms }: NamespaceEntry, nameOf: NameOf): string[] {
  const member = (description: string | undefined, key: string, type: string) =>
    [...docComment(description === undefined ? [] : [description]), `${quoted(key)}: ${type};`].join("\n");
  return rooms.map(({ pattern, description, info, state }) => {
    const keys = (state?.keys ?? []).map((key) => member(key.description, key.pattern, typeText(key.value, nameOf)));
    const parts = [
      `info: ${info === undefined ? "null" : typeText(info, nameOf)};`,
      keys.length === 0 ? "state: {};" : `state: {\n${indent(keys.join("\n"))}\n};`,
    ];
    return member(description, pattern, `{\n${indent(parts.join("\n"))}\n}`);
  });
}
