/** From parsed files to what services use: everything declared, checked against each other, in one immutable value. */

import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import type { Catalogue } from "../catalogue.ts";
import type {
  CommandContract,
  Contracts,
  EventContract,
  HistoryRule,
  Mistake,
  NamespaceContract,
  RelayContract,
  RoomContract,
} from "../contract.ts";
import { longestMatch, matches } from "../pattern.ts";
import { pointerOf } from "../pointer.ts";
import { type Described, describe } from "./describe.ts";
import { buildCommand, buildEvent, buildRelay } from "./messages.ts";
import { buildRoom } from "./rooms.ts";
import { schemaCompiler } from "./schemas.ts";
import { BuildScope } from "./scope.ts";
import { soundPart } from "./shape.ts";
import type { Source } from "./source.ts";
import { holeOf, masked, overlapFinder } from "./subject.ts";

interface NamespaceDraft {
  rooms: Map<string, RoomContract>;
  relays: Map<string, RelayContract>;
  commands: Map<string, CommandContract>;
  events: Map<string, EventContract>;
  /** Which rooms have events with history, as a pattern. */
  histories: { pattern: string; history: HistoryRule }[];
}

interface Declared {
  scope: BuildScope;
  pointer: string;
}

export interface Built {
  contracts: Contracts;
  /** Only when there are no mistakes. */
  catalogue(): Catalogue;
  mistakes: Mistake[];
}

export function build(sources: readonly Source[]): Built {
  const mistakes: Mistake[] = [];
  const compiler = schemaCompiler();
  const drafts = new Map<string, NamespaceDraft>();
  const operations = new Set<string>();
  const seen = new Map<string, Declared>();
  const routed: { event: EventContract; at: Declared }[] = [];
  const described: Described[] = [];

  /** True the first time; a mistake that names the other place after that. */
  const claim = (key: string, at: Declared): boolean => {
    const other = seen.get(key);
    if (other === undefined) {
      seen.set(key, at);
      return true;
    }
    at.scope.report(at.pointer, `is declared twice: also in ${other.scope.source.file}`);
    return false;
  };

  for (const source of sources) {
    const file = soundPart(source, mistakes);
    if (file === undefined) continue;
    const siblings = new Map(
      sources
        .filter((other) => dirname(other.file) === dirname(source.file))
        .map((other) => [basename(other.file), other.value]),
    );
    const scope = new BuildScope(source, siblings, compiler, mistakes);
    described.push({ scope, file });
    const draft: NamespaceDraft = drafts.get(file.namespace) ?? {
      rooms: new Map(),
      relays: new Map(),
      commands: new Map(),
      events: new Map(),
      histories: [],
    };
    drafts.set(file.namespace, draft);
    for (const [name, schema] of Object.entries(file.shared ?? {})) scope.schema(pointerOf("shared", name), schema);
    for (const [pattern, room] of Object.entries(file.rooms ?? {})) {
      const pointer = pointerOf("rooms", pattern);
      const built = buildRoom(scope, pattern, room);
      if (!claim(`${file.namespace} room ${pattern}`, { scope, pointer })) continue;
      draft.rooms.set(pattern, built);
      for (const { op } of Object.values(room.state?.keys ?? {})) if (op !== undefined) operations.add(op);
    }
    const claimEvent = (kind: string, name: string) =>
      claim(`${file.namespace} event ${name}`, { scope, pointer: pointerOf(kind, name) });
    for (const [name, relay] of Object.entries(file.relays ?? {})) {
      const built = buildRelay(scope, name, relay);
      if (!claimEvent("relays", name)) continue;
      draft.relays.set(name, built);
      if (relay.op !== undefined) operations.add(relay.op);
      const { rooms, history } = built;
      if (history !== undefined) draft.histories.push(...rooms.map((pattern) => ({ pattern, history })));
    }
    for (const [name, command] of Object.entries(file.commands ?? {})) {
      const built = buildCommand(scope, name, command);
      if (claimEvent("commands", name)) draft.commands.set(name, built);
    }
    for (const [name, written] of Object.entries(file.events ?? {})) {
      const event = buildEvent(scope, file.namespace, name, written);
      if (!claimEvent("events", name)) continue;
      draft.events.set(name, event);
      if (event.history !== undefined) {
        draft.histories.push({ pattern: roomsOf(written.to?.room), history: event.history });
      }
      if (event.from !== undefined) routed.push({ event, at: { scope, pointer: `${pointerOf("events", name)}/from` } });
    }
  }
  findAmbiguous(routed);

  const namespaces = new Map([...drafts].map(([namespace, draft]) => [namespace, namespaceOf(namespace, draft)]));
  return {
    mistakes,
    catalogue: () => describe(described),
    contracts: {
      hash: hashOf(sources),
      namespaces,
      operations: [...operations].toSorted(),
      route: router(routed.map(({ event }) => event)),
    },
  };
}

/** Two events that one message could mean, with nothing to tell them apart. */
function findAmbiguous(routed: readonly { event: EventContract; at: Declared }[]): void {
  const finder = overlapFinder<{ event: EventContract; at: Declared }>();
  for (const each of routed) {
    const { event, at } = each;
    for (const other of finder.add(event.from!, each)) {
      if (event.type !== undefined && other.event.type !== undefined && event.type !== other.event.type) continue;
      at.scope.report(
        at.pointer,
        `can match the same subject as ${other.event.name} (${other.at.scope.source.file}): give both a different \`type\``,
      );
    }
  }
}

function namespaceOf(namespace: string, draft: NamespaceDraft): NamespaceContract {
  const rooms = [...draft.rooms.values()].map((room): RoomContract => {
    const all = draft.histories.filter(({ pattern }) => covers(pattern, room.pattern)).map(({ history }) => history);
    if (all.length === 0) return room;
    const size = Math.max(...all.map((history) => history.size));
    const ttlMs = Math.max(...all.map((history) => history.ttlMs));
    return { ...room, history: { size, ttlMs } };
  });
  const patterns = rooms.map((room) => [room.pattern, room] as const);
  return {
    namespace,
    rooms,
    relays: draft.relays,
    commands: draft.commands,
    events: draft.events,
    room: (id) => longestMatch(patterns, id),
  };
}

/** The rooms a template can lead to; without one, any. */
function roomsOf(template: string | undefined): string {
  if (template === undefined) return "*";
  const brace = template.indexOf("{");
  return brace < 0 ? template : `${template.slice(0, brace)}*`;
}

/** Some room matches both patterns. */
function covers(a: string, b: string): boolean {
  const [stemA, stemB] = [a.replace(/\*$/, ""), b.replace(/\*$/, "")];
  if (a.endsWith("*") && b.endsWith("*")) return stemA.startsWith(stemB) || stemB.startsWith(stemA);
  return a === b || matches(a, b) || matches(b, a);
}

function router(events: readonly EventContract[]): Contracts["route"] {
  const bySubject = new Map<string, EventContract[]>();
  const holes = new Set<number>();
  for (const event of events) {
    const { source } = event.from!;
    bySubject.set(source, [...(bySubject.get(source) ?? []), event]);
    if (holeOf(event.from!) >= 0) holes.add(holeOf(event.from!));
  }
  return (subject, type) => {
    const sources = [subject, ...[...holes].map((hole) => masked(subject, hole))];
    let fallback: { event: EventContract; tenant: string } | undefined;
    for (const event of sources.flatMap((source) => bySubject.get(source) ?? [])) {
      const matched = event.from!.match(subject);
      if (matched === undefined) continue;
      if (event.type === undefined) fallback ??= { event, tenant: matched.tenant };
      else if (event.type === type) return { event, tenant: matched.tenant };
    }
    return fallback;
  };
}

/** Independent of file names, file order and the order of keys. */
function hashOf(sources: readonly Source[]): string {
  const texts = sources.map(({ value }) => stableJson(value)).toSorted();
  return createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 12);
}

function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
