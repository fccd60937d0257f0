/**
 * JSON Schema 2020-12 for other languages: a document for each payload in each direction and for each ack, complete in
 * itself, and an index that says which is which.
 */

import type { Catalogue, JsonSchema } from "../../catalogue.ts";
import { DEFAULT_NAMESPACE } from "../../names.ts";
import { CORE_SCHEMAS } from "../core-names.ts";
import { type Definitions, defineAll } from "../definitions.ts";
import type { NamedSchema } from "../naming.ts";
import { portable } from "../portable.ts";
import { type ClientMessage, coreSurface, type ServerMessage, surfaceOf } from "../surface.ts";

export const DIALECT = "https://json-schema.org/draft/2020-12/schema";

export interface SchemaOptions {
  /** Of the contracts. */
  hash: string;
}

/** One line of the index. */
interface Listed {
  event: string;
  /** Absent: on every namespace. */
  namespace?: string;
  kind: "core" | "relay" | "command" | "event";
  direction: "client-to-server" | "server-to-client";
  description?: string;
  deprecated?: true;
  /** Files, by their paths from the index. */
  payload: string;
  ack?: string;
  /** Of what backends publish or answer. */
  subject?: string;
  type?: string;
}

/** Texts by path. */
export function renderJsonSchemas(catalogue: Catalogue, { hash }: SchemaOptions): Map<string, string> {
  const definitions = defineAll(catalogue);
  const files = new Map<string, string>();
  const write = (path: string, title: string, schema: JsonSchema, description?: string) => {
    files.set(path, json(standalone(title, schema, definitions, description)));
    return path;
  };
  const list = (message: ClientMessage | ServerMessage, folder: string, namespace?: string): Listed => {
    const { name, description, source } = message;
    const file = `${name.replace(":", ".")}.json`;
    const fromClient = "ack" in message;
    const direction = fromClient ? "client-to-server" : "server-to-client";
    const where = namespace === undefined ? "" : ` on ${namespace}`;
    const title = `${name}, ${fromClient ? "emitted by" : "received by"} clients${where}`;
    return {
      event: name,
      ...(namespace === undefined ? {} : { namespace }),
      kind: source.kind,
      direction,
      ...(description === undefined ? {} : { description }),
      ...(source.kind !== "core" && source.entry.deprecated !== undefined ? { deprecated: true } : {}),
      payload: write(`${folder}${direction}/${file}`, title, message.payload, description),
      ...(fromClient ? { ack: write(`${folder}acks/${file}`, `Ack of ${name}${where}`, message.ack) } : {}),
      ...(source.kind === "command" ? { subject: source.entry.subject } : {}),
      ...(source.kind === "event" ? published(source.entry) : {}),
    };
  };

  const core = coreSurface();
  const messages = [
    ...[...core.client, ...core.server].map((message) => list(message, "core/")),
    ...definitions.namespaces.flatMap(({ entry }) => {
      const { client, server } = surfaceOf(entry);
      const { namespace } = entry;
      const folder = namespace === DEFAULT_NAMESPACE ? "" : `namespaces${namespace}/`;
      return [...client, ...server].map((message) => list(message, folder, namespace));
    }),
  ];
  const common = Object.fromEntries(
    Object.entries(COMMON).map(([key, name]) => [key, write(`core/${key}.json`, name, schemaOf(name))]),
  );
  return new Map([["index.json", json({ rollcall: 1, contracts: hash, common, messages })], ...files]);
}

/** What is beside payloads, whatever the event. */
const COMMON = { "server-meta": "Meta", "client-meta": "ClientMeta", error: "WireError" } as const;

const schemaOf = (wanted: string): JsonSchema => CORE_SCHEMAS.find(({ name }) => name === wanted)!.schema;

function published({ from, type }: { from?: string; type?: string }) {
  return { ...(from === undefined ? {} : { subject: from }), ...(type === undefined ? {} : { type }) };
}

/** With all that it refers to. A document of one named part defines it in itself. */
function standalone(title: string, schema: JsonSchema, { shared, nameOf }: Definitions, description?: string): object {
  const used = new Map<string, JsonSchema>();
  const refer = (name: string): string => {
    if (!used.has(name)) {
      used.set(name, true); // before its own parts, which may not refer back but may be many
      used.set(name, portable(definitionOf(name, shared), nameOf, refer, true));
    }
    return `#/$defs/${name}`;
  };
  const body = portable(schema, nameOf, refer);
  return {
    $schema: DIALECT,
    title,
    ...asObject(body),
    ...(description === undefined ? {} : { description }),
    ...(used.size === 0 ? {} : { $defs: Object.fromEntries([...used].toSorted(([a], [b]) => (a < b ? -1 : 1))) }),
  };
}

function definitionOf(wanted: string, shared: readonly NamedSchema[]): JsonSchema {
  return [...CORE_SCHEMAS, ...shared].find(({ name }) => name === wanted)!.schema;
}

export const asObject = (schema: JsonSchema): object =>
  schema === true ? {} : schema === false ? { not: {} } : schema;

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
