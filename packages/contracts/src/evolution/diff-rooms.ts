/**
 * Rooms and state keys. The longest pattern decides for a room, so a pattern that comes or goes changes the rules of rooms
 * that another one covers: what is compared is what decides before and after.
 */

import type { RoomEntry, StateEntry, StateKeyEntry } from "../catalogue.ts";
import { DEFAULT_RETAIN_MS } from "../compile/rooms.ts";
import { longestMatch } from "../pattern.ts";
import { pointerOf } from "../pointer.ts";
import { became, type Change, changes, duration, paired, type Subject, within } from "./change.ts";
import { diffSchema } from "./diff-schema.ts";
import { ROLES, type Roles, type RuleId } from "./rules.ts";

const ENFORCED = { before: "enforce", after: "enforce" } as const;
/** What holds for the state of a room that declares none. */
const NO_STATE: StateEntry = { retainMs: DEFAULT_RETAIN_MS, publish: false, keys: [] };
const CORE_STATE_OPERATION = "state";

export function diffRooms(namespace: string, old: readonly RoomEntry[], next: readonly RoomEntry[]): Change[] {
  const patternOf = (room: RoomEntry) => room.pattern;
  return paired(old, next, patternOf).flatMap(({ name, before, after }) => {
    const at = (after ?? before)!.at;
    const subject: Subject = { namespace, kind: "room", name, pointer: pointerOf("rooms", name), at };
    const ruled = { before: before ?? deciding(old, name), after: after ?? deciding(next, name) };
    const rules = {
      added: "room-added",
      removed: "room-removed",
      split: "rooms-split",
      merged: "rooms-merged",
    } as const;
    return [...comings(subject, "the room pattern", before, after, ruled, rules), ...both(ruled, subject, diffRoom)];
  });
}

function diffRoom(subject: Subject, old: RoomEntry, next: RoomEntry): Change[] {
  return [
    ...diffInfo(within(subject, "/info"), old, next),
    ...diffMaxMembers(within(subject, "/maxMembers"), old.maxMembers, next.maxMembers),
    ...diffState(within(subject, "/state"), old.state ?? NO_STATE, next.state ?? NO_STATE),
    ...diffDescription(subject, old, next),
  ];
}

function diffInfo(subject: Subject, old: RoomEntry, next: RoomEntry): Change[] {
  if (old.info === undefined && next.info === undefined) return [];
  if (old.info === undefined) return changes(subject, "room-info-added", "info is accepted now");
  if (next.info === undefined) return changes(subject, "room-info-removed", "info is no longer accepted");
  return diffSchema(subject, old.info, next.info, { ...ROLES["room info"], ...ENFORCED });
}

function diffMaxMembers(subject: Subject, old: number | undefined, next: number | undefined): Change[] {
  if (old === next) return [];
  const isLower = (next ?? Number.POSITIVE_INFINITY) < (old ?? Number.POSITIVE_INFINITY);
  const message = became("maxMembers", old?.toString(), next?.toString());
  return changes(subject, isLower ? "max-members-lowered" : "max-members-raised", message);
}

function diffState(subject: Subject, old: StateEntry, next: StateEntry): Change[] {
  const result: Change[] = [];
  if (old.retainMs !== next.retainMs) {
    const rule = next.retainMs < old.retainMs ? "retain-lowered" : "retain-raised";
    const message = became("retain", duration(old.retainMs), duration(next.retainMs));
    result.push(...changes(within(subject, "/retain"), rule, message));
  }
  if (old.publish !== next.publish) {
    const rule = next.publish ? "state-published" : "state-unpublished";
    const message = next.publish ? "changes are published now" : "changes are no longer published";
    result.push(...changes(within(subject, "/publish"), rule, message));
  }
  const patternOf = (key: StateKeyEntry) => key.pattern;
  for (const { name, before, after } of paired(old.keys, next.keys, patternOf)) {
    const key = within(subject, pointerOf("keys", name));
    const ruled = { before: before ?? deciding(old.keys, name), after: after ?? deciding(next.keys, name) };
    const rules = {
      added: "state-key-added",
      removed: "state-key-removed",
      split: "keys-split",
      merged: "keys-merged",
    } as const;
    result.push(...comings(key, "the state key", before, after, ruled, rules), ...both(ruled, key, diffKey));
  }
  return result;
}

function diffKey(subject: Subject, old: StateKeyEntry, next: StateKeyEntry): Change[] {
  const [operation, nextOperation] = [old.op ?? CORE_STATE_OPERATION, next.op ?? CORE_STATE_OPERATION];
  const use: Roles = ROLES["state value"];
  return [
    ...diffSchema(within(subject, "/value"), old.value, next.value, { ...use, ...ENFORCED }),
    ...(operation === nextOperation
      ? []
      : changes(within(subject, "/op"), "operation-changed", became("op", operation, nextOperation))),
    ...(old.writeOwner === next.writeOwner
      ? []
      : changes(
          within(subject, "/write"),
          "key-owner-changed",
          next.writeOwner
            ? "entries are bound to their writer's session now"
            : "entries outlive their writer's session",
        )),
    ...diffDescription(subject, old, next),
  ];
}

function diffDescription(subject: Subject, old: { description?: string }, next: { description?: string }): Change[] {
  return old.description === next.description ? [] : changes(subject, "docs-changed", "its documentation changed");
}

interface Ruled<T> {
  before: T | undefined;
  after: T | undefined;
}

/** The entry that decides for all that a pattern matches, though another one is written for them. */
function deciding<T extends { pattern: string }>(entries: readonly T[], pattern: string): T | undefined {
  return longestMatch(
    entries.map((entry) => [entry.pattern, entry] as const),
    pattern,
  );
}

function comings<T>(
  subject: Subject,
  what: string,
  before: T | undefined,
  after: T | undefined,
  ruled: Ruled<T>,
  rules: Readonly<Record<"added" | "removed" | "split" | "merged", RuleId>>,
): Change[] {
  if (before === undefined) {
    return changes(subject, ruled.before === undefined ? rules.added : rules.split, `${what} was added`);
  }
  if (after === undefined) {
    return changes(subject, ruled.after === undefined ? rules.removed : rules.merged, `${what} was removed`);
  }
  return [];
}

function both<T>(
  ruled: Ruled<T>,
  subject: Subject,
  compare: (subject: Subject, old: T, next: T) => Change[],
): Change[] {
  return ruled.before === undefined || ruled.after === undefined ? [] : compare(subject, ruled.before, ruled.after);
}
