/**
 * Every change between two sets of contract files, each with whom it breaks and the rule that says so. What is compared is
 * what the compiler understood, references replaced and times read, so a change of a shared schema shows at each use.
 */

import type { Catalogue, MessageEntry, NamespaceEntry } from "../catalogue.ts";
import { pointerOf } from "../pointer.ts";
import { type Change, changes, paired, type Subject } from "./change.ts";
import { diffEvent } from "./diff-events.ts";
import { deprecation, diffCommand, differ, diffRelay } from "./diff-messages.ts";
import { diffRooms } from "./diff-rooms.ts";
import type { RuleId } from "./rules.ts";

const UNDECLARED: Omit<NamespaceEntry, "namespace"> = {
  descriptions: [],
  rooms: [],
  relays: [],
  commands: [],
  events: [],
};

/** In order of namespace, kind and name. Both must be without mistakes. */
export function diffContracts(old: Catalogue, next: Catalogue): Change[] {
  return paired(old.namespaces, next.namespaces, ({ namespace }) => namespace).flatMap(({ name, before, after }) => {
    const subject: Subject = { namespace: name, kind: "namespace", name, pointer: "/namespace" };
    return [
      ...(before === undefined ? changes(subject, "namespace-added", "the namespace was added") : []),
      ...(after === undefined ? changes(subject, "namespace-removed", "the namespace was removed") : []),
      ...diffNamespace(subject, before ?? UNDECLARED, after ?? UNDECLARED, before !== undefined && after !== undefined),
    ];
  });
}

type Contents = Omit<NamespaceEntry, "namespace">;

function diffNamespace(subject: Subject, old: Contents, next: Contents, isKept: boolean): Change[] {
  const { namespace } = subject;
  const docs = isKept && differ(old.descriptions, next.descriptions);
  return [
    ...(docs ? changes({ ...subject, pointer: "/description" }, "docs-changed", "its documentation changed") : []),
    ...diffRooms(namespace, old.rooms, next.rooms),
    ...diffKind(namespace, "relay", old.relays, next.relays, diffRelay),
    ...diffKind(namespace, "command", old.commands, next.commands, diffCommand),
    ...diffKind(namespace, "event", old.events, next.events, diffEvent),
  ];
}

function diffKind<E extends MessageEntry>(
  namespace: string,
  kind: "relay" | "command" | "event",
  old: readonly E[],
  next: readonly E[],
  compare: (subject: Subject, old: E, next: E) => Change[],
): Change[] {
  return paired(old, next, ({ name }) => name).flatMap(({ name, before, after }) => {
    const at = (after ?? before)!.at;
    const subject: Subject = { namespace, kind, name, pointer: pointerOf(`${kind}s`, name), at };
    if (before === undefined) return changes(subject, `${kind}-added` satisfies RuleId, `the ${kind} was added`);
    if (after !== undefined) return compare(subject, before, after);
    const was = deprecation(before).replace(/^is /, "was ");
    return changes(subject, `${kind}-removed` satisfies RuleId, `the ${kind} was removed${was && `; it ${was}`}`);
  });
}
