/**
 * Why one schema does not imply another, and how that reads when the first is the old one (payloads once accepted are
 * not any more: it *narrows*) or the new one (payloads may come that were not possible: it *widens*).
 */

import type { RuleId } from "./rules.ts";

export interface Finding {
  /** In the payload: `/lines/*` stands for every item, and for every member of a map. */
  pointer: string;
  why: Why;
  /** What the reason is about: a field's name, types, values, or a limit of either side. */
  about?: string;
  first?: unknown;
  second?: unknown;
}

export type Why =
  | "alternative"
  | "closed"
  | "field"
  | "format"
  | "limit"
  | "opaque"
  | "pattern"
  | "required"
  | "type"
  | "undeclared"
  | "value"
  | "values";

interface Phrase {
  rule: RuleId;
  says(finding: Finding): string;
}

const limit = (keyword: string | undefined, before: unknown, after: unknown) =>
  `${keyword} ${shown(before)} became ${shown(after)}`;
const shown = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));

const NARROWS: Readonly<Record<Why, Phrase>> = {
  alternative: { rule: "alternative-removed", says: () => "an alternative is no longer accepted" },
  closed: { rule: "fields-closed", says: () => "fields that are not declared are no longer accepted" },
  field: { rule: "field-removed", says: () => "is no longer accepted" },
  format: { rule: "format-narrowed", says: ({ about }) => `must be of format ${about}` },
  limit: { rule: "limit-tightened", says: ({ about, first, second }) => limit(about, first, second) },
  opaque: {
    rule: "cannot-compare",
    says: ({ about }) => `${about}: whether all that was accepted still is, cannot be told`,
  },
  pattern: { rule: "pattern-narrowed", says: () => "must match another pattern" },
  required: { rule: "field-required", says: () => "is required now" },
  type: { rule: "type-narrowed", says: ({ about }) => `may no longer be ${about}` },
  undeclared: { rule: "fields-narrowed", says: () => "fields that are not declared are restricted" },
  value: { rule: "value-removed", says: ({ about }) => `may no longer be ${about}` },
  values: { rule: "values-limited", says: ({ about }) => `may only be ${about} now` },
};

/** Receivers ignore what they do not know, so that an object was closed is no reason here. */
type Widening = Exclude<Why, "closed">;

const WIDENS: Readonly<Record<Widening, Phrase>> = {
  alternative: { rule: "alternative-added", says: () => "may be what it could not be before" },
  field: { rule: "field-allowed", says: () => "may be there now" },
  format: { rule: "format-widened", says: ({ about }) => `need not be of format ${about} any more` },
  limit: { rule: "limit-loosened", says: ({ about, first, second }) => limit(about, second, first) },
  opaque: {
    rule: "cannot-compare",
    says: ({ about }) => `${about}: whether receivers know all that may come, cannot be told`,
  },
  pattern: { rule: "pattern-widened", says: () => "need not match the former pattern any more" },
  required: { rule: "field-optional", says: () => "may be missing now" },
  type: { rule: "type-widened", says: ({ about }) => `may be ${about} now` },
  undeclared: { rule: "fields-widened", says: () => "fields that are not declared may be anything now" },
  value: { rule: "value-added", says: ({ about }) => `may be ${about} now` },
  values: { rule: "values-unlimited", says: ({ about }) => `may be more than ${about} now` },
};

export type Direction = "narrows" | "widens";

export function phrase(finding: Finding, direction: Direction): { rule: RuleId; message: string } {
  const { rule, says } = direction === "narrows" ? NARROWS[finding.why] : WIDENS[finding.why as Widening];
  return { rule, message: says(finding) };
}
