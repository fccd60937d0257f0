/** What the catalogue says, before it is a page or a Markdown file: both are drawn from this and so say the same. */

import type { Catalogue, MessageEntry, NamespaceEntry, RoomEntry } from "../../catalogue.ts";
import { ERROR_CATALOGUE, type ErrorCode } from "../../errors.ts";
import { LIMITS } from "../../limits.ts";
import { code, type Inline, line } from "../inline.ts";
import { durationText, sentence } from "../limits-text.ts";
import { whoSends } from "../rules-text.ts";
import { type ClientMessage, coreSurface, type ServerMessage, type Surface, surfaceOf } from "../surface.ts";
import { errorsOf } from "./errors-of.ts";
import { commandFacts, eventFacts, type Fact, relayFacts } from "./facts.ts";
import { type Field, fieldsOf } from "./fields.ts";
import { answerSnippet, emitSnippet, publishSnippets, receiveSnippet, type Snippet } from "./snippets.ts";

export interface Content {
  hash: string;
  sections: readonly Section[];
  errors: readonly { code: ErrorCode; retryable: boolean; message: string }[];
  limits: readonly { name: string; value: string }[];
}

export interface Section {
  id: string;
  title: string;
  intro: readonly string[];
  rooms: readonly RoomCard[];
  cards: readonly Card[];
}

export interface RoomCard {
  id: string;
  pattern: string;
  description: string;
  facts: readonly Fact[];
  tables: readonly Table[];
}

export interface Card {
  id: string;
  name: string;
  kind: "core" | "relay" | "command" | "event";
  directions: readonly Direction[];
  description: string;
  deprecated?: string;
  facts: readonly Fact[];
  tables: readonly Table[];
  /** As JSON. */
  examples: readonly string[];
  errors: readonly ErrorCode[];
  snippets: readonly Snippet[];
}

export type Direction = "client to server" | "server to client";

export interface Table {
  title: Inline;
  fields: readonly Field[];
}

export function contentOf(catalogue: Catalogue, hash: string): Content {
  return {
    hash,
    sections: [...catalogue.namespaces.map(namespaceSection), coreSection()],
    errors: Object.entries(ERROR_CATALOGUE).map(([name, { retryable, message }]) => ({
      code: name as ErrorCode,
      retryable,
      message,
    })),
    limits: LIMIT_ROWS.map(([name, value]) => ({ name, value })),
  };
}

const bytes = (n: number) => (n % 1_024 === 0 ? `${n / 1_024} KiB` : `${n} bytes`);
const LIMIT_ROWS: readonly [string, string][] = [
  ["payload of an emitted event", bytes(LIMITS.payloadBytes)],
  ["websocket frame", `${bytes(LIMITS.frameBytes)}; above it the connection is closed`],
  ["anything sent to clients, encoded", `${bytes(LIMITS.encodedBytes)}; what does not fit comes by pages`],
  ["nesting of a payload", `${LIMITS.depth} levels`],
  ["members of one object in it", LIMITS.members.toLocaleString("en-US")],
  ["rooms per session", String(LIMITS.roomsPerSession)],
  ["users watched per socket", LIMITS.watchedPerSocket.toLocaleString("en-US")],
  ["info of a member or a presence", bytes(LIMITS.infoBytes)],
  ["one value of a room's state", bytes(LIMITS.stateValueBytes)],
  ["state of a room", `${LIMITS.stateKeys} keys, ${bytes(LIMITS.stateBytes)}`],
  ["members in a roster", `${LIMITS.rosterMembers}; above it a count`],
  ["recipients of one event", LIMITS.audienceUsers.toLocaleString("en-US")],
];

function coreSection(): Section {
  return {
    id: "core",
    title: "Core, on every namespace",
    intro: ["What Rollcall itself answers and sends. No contract declares it, none can change it."],
    rooms: [],
    cards: cardsOf("core", coreSurface()),
  };
}

function namespaceSection(entry: NamespaceEntry): Section {
  const { namespace, descriptions } = entry;
  const id = namespace === "/" ? "root" : `ns${namespace.replace("/", "-")}`;
  return {
    id,
    title: `Namespace ${namespace}`,
    intro: descriptions,
    rooms: entry.rooms.map((room, i) => roomCard(room, `${id}-room-${i + 1}`)),
    cards: cardsOf(id, surfaceOf(entry)),
  };
}

/** One for each name: a relay's two directions are one thing. */
function cardsOf(section: string, { client, server }: Surface): Card[] {
  const names = [...new Set([...client, ...server].map(({ name }) => name))];
  const sorted = section === "core" ? names : names.toSorted();
  return sorted.map((name) => {
    const emitted = client.find((message) => message.name === name);
    const received = server.find((message) => message.name === name);
    return cardOf(`${section}-${name.replace(":", ".")}`, emitted, received);
  });
}

function cardOf(id: string, emitted: ClientMessage | undefined, received: ServerMessage | undefined): Card {
  const message = (emitted ?? received)!;
  const { name, description, source } = message;
  const entry = source.kind === "core" ? undefined : source.entry;
  const sender: Fact = { label: emitted === undefined ? "Sent by" : "May send", text: whoSends(message) };
  return {
    id,
    name,
    kind: source.kind,
    directions: [
      ...(emitted === undefined ? [] : (["client to server"] as const)),
      ...(received === undefined ? [] : (["server to client"] as const)),
    ],
    description: description ?? "",
    ...(entry?.deprecated === undefined ? {} : { deprecated: deprecation(entry.deprecated) }),
    facts: [sender, ...factsOf(message)],
    tables: tablesOf(emitted, received),
    examples: (entry?.examples ?? []).map((example) => JSON.stringify(example, null, 2) ?? "null"),
    errors: emitted === undefined ? [] : errorsOf(emitted),
    snippets: snippetsOf(emitted, received),
  };
}

function deprecation({ since, use, remove }: NonNullable<MessageEntry["deprecated"]>): string {
  const rest = [use === undefined ? "" : ` Use ${use}.`, remove === undefined ? "" : ` It goes in ${remove}.`];
  return `Deprecated since ${since}.${rest.join("")}`;
}

function factsOf({ source, ...message }: ClientMessage | ServerMessage): Fact[] {
  switch (source.kind) {
    case "relay":
      return relayFacts(source.entry);
    case "command":
      return commandFacts(source.entry);
    case "event":
      return eventFacts(source.entry);
    case "core":
      return "ack" in message && message.ackRequired ? [{ label: "Ack", text: ["Required."] }] : [];
  }
}

function tablesOf(emitted: ClientMessage | undefined, received: ServerMessage | undefined): Table[] {
  const message = (received ?? emitted)!;
  const relay = message.source.kind === "relay";
  return [
    {
      title: relay ? line`Payload, emitted as ${"data"} beside ${"room"}` : ["Payload"],
      fields: fieldsOf(message.payload),
    },
    ...(emitted === undefined
      ? []
      : [{ title: line`Ack: ${"data"} when it is ${"ok"}`, fields: fieldsOf(emitted.ack) }]),
  ];
}

function snippetsOf(emitted: ClientMessage | undefined, received: ServerMessage | undefined): Snippet[] {
  return [
    ...(emitted === undefined ? [] : [emitSnippet(emitted)]),
    ...(received === undefined ? [] : [receiveSnippet(received)]),
    ...(received?.source.kind === "event" ? publishSnippets(received.source.entry) : []),
    ...(emitted?.source.kind === "command" ? [answerSnippet(emitted.source.entry)] : []),
  ];
}

function roomCard({ pattern, description, info, maxMembers, state, at }: RoomEntry, id: string): RoomCard {
  const keys = state?.keys ?? [];
  const facts: Fact[] = [
    { label: "Members", text: [maxMembers === undefined ? "Any number." : `At most ${maxMembers}.`] },
    ...(info === undefined ? [{ label: "Info", text: ["None is accepted."] }] : []),
    ...(state === undefined
      ? [{ label: "State", text: ["No keys."] }]
      : [
          {
            label: "State",
            text: [
              state.retainMs === 0
                ? "Gone with the last member"
                : `Kept ${durationText(state.retainMs)} after the last member left`,
              state.publish ? "; changes are published to backends." : ".",
            ],
          },
        ]),
    ...keys.map((key) => ({ label: "Key", text: keyText(key) })),
    { label: "Declared in", text: [code(`${at.file.split(/[\\/]/).at(-1)}:${at.line}`)] },
  ];
  const tables = [
    ...(info === undefined ? [] : [{ title: ["Info of a member"], fields: fieldsOf(info) }]),
    ...keys.map(({ pattern: name, value }) => ({ title: line`Value of ${name}`, fields: fieldsOf(value) })),
  ];
  return { id, pattern, description: description ?? "", facts, tables };
}

function keyText(key: NonNullable<RoomEntry["state"]>["keys"][number]): Inline {
  return [
    ...line`${key.pattern}, written with ${key.op ?? "state"}`,
    key.writeOwner ? ", gone with the writer's session." : ".",
    ...(key.description === undefined ? [] : [` ${key.description}`]),
  ];
}

/** Description and limits of a field as one text. */
export function wordsOf({ description, limits, deprecated }: Field): string {
  return [deprecated ? "Deprecated." : "", description, sentence(limits) ?? ""].filter((text) => text !== "").join(" ");
}
