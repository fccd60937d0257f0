/** Changes as people, machines and GitHub read them. */

import type { Mistake, Place } from "@rollcall/contracts";
import {
  CHANGE_CLASSES,
  type Change,
  type ChangeClass,
  RULE_IDS,
  RULES,
  type RuleId,
} from "@rollcall/contracts/evolution";

export interface Judged extends Change {
  /** It breaks somebody, and its rule or its class is allowed. */
  allowed?: true;
}

/** A rule or a class. */
export type Allowance = RuleId | ChangeClass;

export const ALLOWANCES: readonly Allowance[] = [
  ...CHANGE_CLASSES.filter((each) => each !== "compatible"),
  ...RULE_IDS.filter((id) => RULES[id].breaks.length > 0),
];

export function judged(changes: readonly Change[], allowances: readonly Allowance[]): Judged[] {
  return changes.map((change) => (allows(allowances, change) ? { ...change, allowed: true } : change));
}

const allows = (allowances: readonly Allowance[], change: Change) =>
  change.class !== "compatible" && allowances.some((each) => each === change.rule || each === change.class);

export const breaks = (change: Judged): boolean => change.class !== "compatible" && change.allowed !== true;

/** `<class> <rule> <namespace> <pointer>[#<field>] <message>` */
export function lineOf(change: Judged): string {
  const { class: judgedAs, rule, namespace, pointer, field, message, allowed } = change;
  const at = field === undefined ? pointer : `${pointer}#${field}`;
  return oneLine(`${judgedAs} ${rule} ${namespace} ${at} ${message}${allowed === true ? " (allowed)" : ""}`);
}

const LEVELS = { compatible: "notice", allowed: "warning", breaking: "error" } as const;

/** File names as the working tree has them. */
type WorkFile = (file: string) => string;

/** As a workflow command of GitHub Actions. */
export function annotationOf(change: Judged, workFile: WorkFile): string {
  const { class: judgedAs, rule, name, field, message, because, at, allowed } = change;
  const level = LEVELS[judgedAs === "compatible" ? "compatible" : allowed === true ? "allowed" : "breaking"];
  const what = field === undefined ? name : `${name} ${field}`;
  return command(level, at, `${judgedAs}: ${rule}`, `${what} ${message}. ${because}`, workFile);
}

export function mistakeAnnotationOf(mistake: Mistake, workFile: WorkFile): string {
  return command("error", mistake, "mistake in a contract file", `${mistake.pointer} ${mistake.message}`, workFile);
}

function command(level: string, at: Place | undefined, title: string, message: string, workFile: WorkFile): string {
  const properties = {
    ...(at === undefined ? {} : { file: workFile(at.file), line: at.line, col: at.column }),
    title,
  };
  const written = Object.entries(properties).map(([key, value]) => `${key}=${escapedProperty(String(value))}`);
  return `::${level} ${written.join()}::${escapedData(message)}`;
}

/** For the last lines: how many there are of each class, what was allowed, and why the others break. */
export function summaryOf(changes: readonly Judged[], allowances: readonly Allowance[]): string[] {
  if (changes.length === 0) return ["no changes"];
  const counts = CHANGE_CLASSES.flatMap((each) => {
    const count = changes.filter((change) => change.class === each).length;
    return count === 0 ? [] : `${count} ${each}`;
  });
  const allowed = allowances.map((each) => {
    const count = changes.filter((change) => allows([each], change)).length;
    return `allowed: ${each}, met ${count === 1 ? "once" : `${count} times`}`;
  });
  const rules = new Set(changes.filter(breaks).map(({ rule }) => rule));
  return [counts.join(", "), ...allowed, ...[...rules].map((rule) => `${rule}: ${RULES[rule].sentence}`)];
}

/** Names and values come from files: they must not write to the terminal in their own way. */
const oneLine = (text: string) =>
  text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
  });

const escapedData = (text: string) => oneLine(text).replaceAll("%", "%25");
const escapedProperty = (text: string) => escapedData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
