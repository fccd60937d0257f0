/**
 * What the patterns of capabilities can name. An edge asks only whether a pattern matches; who writes one wants to hear
 * that it never will.
 */

import { isName, type NameKind } from "./names.ts";

export type ResourceKind = "room" | "user" | "command";

/** Core's operations by what they are done to. Those that contract files introduce are done to rooms. */
export const OPERATIONS_OF = {
  room: ["join", "observe", "publish", "state"],
  user: ["watch"],
  command: ["call"],
} as const satisfies Record<ResourceKind, readonly string[]>;

/** How each is named, and endings of which at least one makes a name of any beginning of one. */
const NAMED: Record<ResourceKind, { grammar: NameKind; endings: readonly string[] }> = {
  room: { grammar: "room", endings: ["a"] },
  user: { grammar: "user", endings: ["a"] },
  command: { grammar: "event", endings: ["a", ":a", "a:a"] },
};

const KINDS = Object.keys(NAMED) as ResourceKind[];

/** The kinds of which `pattern` matches at least one resource; none: it grants nothing whatever it lists. */
export function kindsMatching(pattern: string): ResourceKind[] {
  return KINDS.filter((kind) => {
    const { grammar, endings } = NAMED[kind];
    const prefix = `${kind}:`;
    if (!pattern.endsWith("*")) return pattern.startsWith(prefix) && isName(grammar, pattern.slice(prefix.length));
    const beginning = pattern.slice(0, -1);
    if (prefix.startsWith(beginning)) return true;
    if (!beginning.startsWith(prefix)) return false;
    return endings.some((ending) => isName(grammar, beginning.slice(prefix.length) + ending));
  });
}
