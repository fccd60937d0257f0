/** One change between two sets of contract files, as it is judged. */

import type { Place } from "../catalogue.ts";
import { type ChangeClass, type Party, type Roles, RULES, type Rule, type RuleId } from "./rules.ts";

export interface Change {
  class: ChangeClass;
  rule: RuleId;
  /** The rule's sentence: why it is classed so. */
  because: string;
  namespace: string;
  kind: "namespace" | "room" | "relay" | "command" | "event";
  /** The event's name, the room's pattern, or the namespace. */
  name: string;
  /** In a contract file, without references: `/events/order:shipped/payload`. */
  pointer: string;
  /** In what the schema there describes: `/lines/*` is every item, and every member of a map. */
  field?: string;
  message: string;
  /** Where it is declared: in the newer files, and in the older ones when it is removed. */
  at?: Place;
}

/** What a change is of. */
export type Subject = Pick<Change, "namespace" | "kind" | "name" | "pointer" | "field" | "at">;

/** One for each party that the rule says it breaks. */
export function changes(subject: Subject, rule: RuleId, message: string, roles?: Roles): Change[] {
  const { breaks, sentence }: Rule = RULES[rule];
  const parties = new Set(breaks.flatMap((each): readonly Party[] => partiesOf(each, roles)));
  const classes: ChangeClass[] = [...parties].map((party): ChangeClass => `breaking-for-${party}`);
  if (classes.length === 0) classes.push("compatible");
  return classes.map((each) => ({ class: each, rule, because: sentence, ...subject, message }));
}

function partiesOf(each: Rule["breaks"][number], roles: Roles | undefined): readonly Party[] {
  return each === "senders" || each === "receivers" ? (roles?.[each] ?? []) : [each];
}

export const within = (subject: Subject, pointer: string): Subject => ({
  ...subject,
  pointer: subject.pointer + pointer,
});

/** `rate 5/s became 2/s` */
export const became = (what: string, before: string | undefined, after: string | undefined): string =>
  `${what} ${before ?? "none"} became ${after ?? "none"}`;

const UNITS: readonly [string, number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** As contract files write times. */
export function duration(ms: number): string {
  if (ms === 0) return "0";
  const [unit, size] = UNITS.find(([, each]) => ms >= each && ms % each === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}

/** What is only in one list, and what is in both, by name. */
export function paired<T>(
  old: readonly T[],
  next: readonly T[],
  nameOf: (item: T) => string,
): { name: string; before: T | undefined; after: T | undefined }[] {
  const [first, second] = [old, next].map((list) => new Map(list.map((item) => [nameOf(item), item])));
  const names = [...new Set([...first!.keys(), ...second!.keys()])].toSorted();
  return names.map((name) => ({ name, before: first!.get(name), after: second!.get(name) }));
}
