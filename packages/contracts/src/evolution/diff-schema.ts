/** A changed schema: what is refused that was accepted, and what may come that could not. */

import type { JsonSchema } from "../catalogue.ts";
import { annotationsDiffer } from "./annotations.ts";
import { canonical } from "./canonical.ts";
import { type Change, changes, type Subject } from "./change.ts";
import { compareDeclared } from "./fields.ts";
import { type Direction, type Finding, phrase } from "./finding.ts";
import { implies } from "./implies.ts";
import type { Roles, RuleId } from "./rules.ts";

type Enforcement = "enforce" | "warn";

/** Where the schema stands: who sends and receives what it describes, and whether it is enforced. */
export interface Use extends Roles {
  before: Enforcement;
  after: Enforcement;
}

export function diffSchema(subject: Subject, old: JsonSchema, next: JsonSchema, use: Use): Change[] {
  const docs = annotationsDiffer(old, next) ? changes(subject, "docs-changed", "its documentation changed") : [];
  if (canonical(old) === canonical(next)) return docs;
  const narrower = implies(old, next);
  const wider = implies(next, old, { ignoreUnknown: true });
  const judged = [
    ...narrower.flatMap((finding) => judge(subject, finding, "narrows", use)),
    ...wider.flatMap((finding) => judge(subject, finding, "widens", use)),
    ...fieldChanges(subject, old, next, [...narrower, ...wider]),
    ...implies(next, old).flatMap(({ why, pointer }) => (why === "closed" ? opened(at(subject, pointer)) : [])),
  ];
  if (judged.length === 0) judged.push(...changes(subject, "schema-rewritten", "is written otherwise"));
  return [...judged, ...docs];
}

function judge(subject: Subject, finding: Finding, direction: Direction, use: Use): Change[] {
  const { rule, message } = phrase(finding, direction);
  return changes(at(subject, finding.pointer), ruleFor(rule, direction, use), message, rolesFor(direction, use));
}

function ruleFor(rule: RuleId, direction: Direction, use: Use): RuleId {
  if ((direction === "narrows" ? use.after : use.before) === "warn") return "not-enforced";
  return direction === "widens" && use.receivers.length === 0 ? "command-widened" : rule;
}

/** A rule that would break either side breaks only the one that is looked at. */
const rolesFor = (direction: Direction, { senders, receivers }: Use): Roles =>
  direction === "narrows" ? { senders, receivers: [] } : { senders: [], receivers };

const opened = (subject: Subject): Change[] =>
  changes(subject, "fields-opened", "fields that are not declared are accepted now");

/** Fields that came or went, unless more was said about them already. */
function fieldChanges(subject: Subject, old: JsonSchema, next: JsonSchema, found: readonly Finding[]): Change[] {
  const { declared, undeclared } = compareDeclared(old, next);
  const isNew = (pointer: string) =>
    !found.some((finding) => finding.pointer === pointer || finding.pointer.startsWith(`${pointer}/`));
  return [
    ...declared
      .filter(isNew)
      .flatMap((each) => changes(at(subject, each), "field-declared", "is a new optional field")),
    ...undeclared
      .filter(isNew)
      .flatMap((each) => changes(at(subject, each), "field-undeclared", "is no longer declared")),
  ];
}

const at = (subject: Subject, field: string): Subject => (field === "" ? subject : { ...subject, field });
