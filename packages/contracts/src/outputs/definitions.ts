/** One name for everything that has a schema, the same in every output. */

import type { Catalogue, MessageEntry, NamespaceEntry } from "../catalogue.ts";
import { CORE_SCHEMAS } from "./core-names.ts";
import {
  isStructured,
  NameClaims,
  type NamedSchema,
  type NameOf,
  namesBySchema,
  pascalCase,
  prefixOf,
} from "./naming.ts";
import { type ClientMessage, coreSurface, type ServerMessage } from "./surface.ts";

export interface Definitions {
  namespaces: readonly NamedNamespace[];
  /** Schemas of contract files that stand in several payloads; structured ones, each once. */
  shared: readonly NamedSchema[];
  /** Of parts of payloads: core's and the shared ones. */
  nameOf: NameOf;
}

export interface NamedNamespace {
  entry: NamespaceEntry;
  /** Before all names of this namespace; "" for the default one. */
  prefix: string;
  payload: ReadonlyMap<string, string>;
  /** Of relays: room and data, as their clients emit them. */
  emitted: ReadonlyMap<string, string>;
  /** Of commands. */
  reply: ReadonlyMap<string, string>;
}

/** `reserved`: what the output itself declares; `perNamespace`: the same behind each prefix. */
export function defineAll(
  catalogue: Catalogue,
  reserved: readonly string[] = [],
  perNamespace: readonly string[] = [],
): Definitions {
  const prefixes = new NameClaims();
  const prefixed = catalogue.namespaces.map((entry) => ({ entry, prefix: prefixes.claim(prefixOf(entry.namespace)) }));
  const claims = new NameClaims([
    ...reserved,
    ...[...CORE_SCHEMAS, ...coreDefinitions()].map(({ name }) => name),
    ...prefixed.flatMap(({ prefix }) => perNamespace.map((name) => prefix + name)),
  ]);
  // Events have the first choice of names: they are what others import.
  const namespaces = prefixed.map((each) => ({ ...each, ...nameMessages(each, claims) }));
  const known = new Set(CORE_SCHEMAS.map(({ schema }) => JSON.stringify(schema)));
  const shared = catalogue.shared
    .filter(({ schema }) => isStructured(schema) && isNew(known, JSON.stringify(schema)))
    .map(({ name, schema }) => ({ name: claims.claim(pascalCase(name)), schema }));
  return { namespaces, shared, nameOf: namesBySchema([...CORE_SCHEMAS, ...shared]) };
}

function nameMessages({ entry, prefix }: { entry: NamespaceEntry; prefix: string }, claims: NameClaims) {
  const { relays, commands, events } = entry;
  const claim = ({ name }: MessageEntry, end = ""): [string, string] => [
    name,
    claims.claim(`${prefix}${pascalCase(name)}${end}`),
  ];
  return {
    payload: new Map([...relays, ...commands, ...events].map((each) => claim(each))),
    emitted: new Map(relays.map((each) => claim(each, "Relay"))),
    reply: new Map(commands.map((each) => claim(each, "Reply"))),
  };
}

function isNew(known: Set<string>, key: string): boolean {
  if (known.has(key)) return false;
  known.add(key);
  return true;
}

const coreNameOf = namesBySchema(CORE_SCHEMAS);

/** A core payload that is one of core's named parts has that name; every other one has its event's. */
export const corePayload = ({ name, payload }: ClientMessage | ServerMessage): NamedSchema => ({
  name: coreNameOf(payload) ?? pascalCase(name),
  schema: payload,
});

export const coreAck = ({ name, ack }: ClientMessage): NamedSchema => ({
  name: coreNameOf(ack) ?? `${pascalCase(name)}Reply`,
  schema: ack,
});

/** Payloads and acks of core that are no named part. */
export function coreDefinitions(): NamedSchema[] {
  const { client, server } = coreSurface();
  return [...client.map(coreAck), ...[...server, ...client].map(corePayload)].filter(
    ({ schema }) => coreNameOf(schema) === undefined,
  );
}
