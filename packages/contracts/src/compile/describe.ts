/** From checked files to the {@link Catalogue}. Nothing is checked here: `build.ts` has found no mistake. */

import type {
  Catalogue,
  CommandEntry,
  EventEntry,
  MessageEntry,
  NamespaceEntry,
  RelayEntry,
  RoomEntry,
} from "../catalogue.ts";
import { pointerOf } from "../pointer.ts";
import type {
  CommandDeclaration,
  ContractFile,
  EventDeclaration,
  RelayDeclaration,
  RoomDeclaration,
} from "./file-schema.ts";
import { DEFAULT_COMMAND_TIMEOUT_MS, DEFAULT_RELAY_OPERATION } from "./messages.ts";
import { parseDuration, parseRate } from "./quantities.ts";
import { DEFAULT_RETAIN_MS } from "./rooms.ts";
import type { BuildScope } from "./scope.ts";

export interface Described {
  scope: BuildScope;
  file: ContractFile;
}

export function describe(files: readonly Described[]): Catalogue {
  const names = [...new Set(files.map(({ file }) => file.namespace))].toSorted();
  const shared = files.flatMap(({ scope, file }) =>
    Object.keys(file.shared ?? {}).map((name) => {
      const at = pointerOf("shared", name);
      return { name, at: scope.source.place(at), schema: scope.schemaAt(at) };
    }),
  );
  return {
    namespaces: names.map((name) => describeNamespace(name, files)),
    shared: shared.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  };
}

function describeNamespace(namespace: string, all: readonly Described[]): NamespaceEntry {
  const files = all.filter(({ file }) => file.namespace === namespace);
  const each = <D, E>(
    kind: "rooms" | "relays" | "commands" | "events",
    entry: (scope: BuildScope, at: string, name: string, written: D) => E,
  ): E[] =>
    files
      .flatMap(({ scope, file }) =>
        Object.entries(file[kind] ?? {}).map(([name, written]) => ({ scope, name, written })),
      )
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ scope, name, written }) => entry(scope, pointerOf(kind, name), name, written as D));
  return {
    namespace,
    descriptions: files.flatMap(({ file }) => file.description ?? []),
    rooms: each("rooms", describeRoom),
    relays: each("relays", describeRelay),
    commands: each("commands", describeCommand),
    events: each("events", describeEvent),
  };
}

function describeRoom(scope: BuildScope, at: string, pattern: string, written: RoomDeclaration): RoomEntry {
  const { description, maxMembers, state } = written;
  return {
    pattern,
    at: scope.source.place(at),
    ...given({ description, maxMembers }),
    ...(written.info === undefined ? {} : { info: scope.schemaAt(`${at}/info`) }),
    ...(state === undefined
      ? {}
      : {
          state: {
            retainMs: parseDuration(state.retain) ?? DEFAULT_RETAIN_MS,
            publish: state.publish === true,
            keys: Object.entries(state.keys ?? {}).map(([name, key]) => ({
              pattern: name,
              value: scope.schemaAt(`${at}/state/keys${pointerOf(name)}/value`),
              writeOwner: key.write === "owner",
              ...given({ description: key.description, op: key.op }),
            })),
          },
        }),
  };
}

function describeMessage(
  scope: BuildScope,
  at: string,
  name: string,
  written: RelayDeclaration | CommandDeclaration | EventDeclaration,
): MessageEntry {
  const { description, owner, sample, deprecated } = written;
  return {
    name,
    at: scope.source.place(at),
    payload: scope.schemaAt(`${at}/payload`),
    examples: written.examples ?? [],
    enforcement: written.enforcement ?? "enforce",
    ...given({ description, owner, sample, deprecated: deprecated as MessageEntry["deprecated"] }),
  };
}

function describeRelay(scope: BuildScope, at: string, name: string, written: RelayDeclaration): RelayEntry {
  return {
    ...describeMessage(scope, at, name, written),
    rooms: written.rooms,
    op: written.op ?? DEFAULT_RELAY_OPERATION,
    volatile: written.volatile === true,
    ...given({ rate: rateOf(written.rate), history: historyOf(written.history) }),
  };
}

function describeCommand(scope: BuildScope, at: string, name: string, written: CommandDeclaration): CommandEntry {
  return {
    ...describeMessage(scope, at, name, written),
    reply: scope.schemaAt(`${at}/reply`),
    subject: written.subject,
    timeoutMs: parseDuration(written.timeout) ?? DEFAULT_COMMAND_TIMEOUT_MS,
    ...given({ rate: rateOf(written.rate) }),
  };
}

function describeEvent(scope: BuildScope, at: string, name: string, written: EventDeclaration): EventEntry {
  const { from, type, durable } = written;
  const inSubject = from?.includes("{tenant}") === true;
  return {
    ...describeMessage(scope, at, name, written),
    tenantFrom: inSubject ? "subject" : written.tenant === "header" ? "header" : "default",
    ...given({ from, type, to: written.to as EventEntry["to"], history: historyOf(written.history) }),
    ...(durable === undefined ? {} : { durable: describeDurable(durable) }),
  };
}

function describeDurable(written: NonNullable<EventDeclaration["durable"]>) {
  const { collapse, fallback, digest } = written;
  return {
    ttlMs: msOf(written.ttl),
    ...given({
      collapse,
      fallback: fallback && { afterMs: msOf(fallback.after), channel: fallback.channel },
      digest: digest && { windowMs: msOf(digest.window) },
    }),
  };
}

const msOf = (written: unknown): number => parseDuration(written) ?? 0;
const historyOf = (written: { size: number; ttl: string | number } | undefined) =>
  written && { size: written.size, ttlMs: msOf(written.ttl) };
const rateOf = (written: string | undefined) => {
  const perSecond = parseRate(written);
  return perSecond === undefined ? undefined : { perSecond };
};

/** Without the members that are undefined. */
function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
