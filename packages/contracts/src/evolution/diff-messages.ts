/** Relays and commands, and what all three kinds of message share. */

import type { CommandEntry, MessageEntry, RelayEntry } from "../catalogue.ts";
import type { HistoryRule, Rate } from "../contract.ts";
import { matches } from "../pattern.ts";
import { stableJson } from "./canonical.ts";
import { became, type Change, changes, duration, type Subject, within } from "./change.ts";
import { diffSchema } from "./diff-schema.ts";
import { ROLES, type Roles } from "./rules.ts";

export function diffRelay(subject: Subject, old: RelayEntry, next: RelayEntry): Change[] {
  return [
    ...diffMessage(subject, old, next, ROLES["relay payload"]),
    ...diffRelayRooms(within(subject, "/rooms"), old.rooms, next.rooms),
    ...(old.op === next.op ? [] : changes(within(subject, "/op"), "operation-changed", became("op", old.op, next.op))),
    ...diffRate(subject, old.rate, next.rate),
    ...diffVolatile(within(subject, "/volatile"), old.volatile, next.volatile),
    ...(old.history === undefined && next.history !== undefined
      ? changes(within(subject, "/history"), "relay-echoed", "has a history now")
      : diffHistory(subject, old.history, next.history)),
  ];
}

export function diffCommand(subject: Subject, old: CommandEntry, next: CommandEntry): Change[] {
  const result = diffMessage(subject, old, next, ROLES["command payload"], ROLES["command reply"]);
  result.push(
    ...diffSchema(within(subject, "/reply"), old.reply, next.reply, {
      ...ROLES["command reply"],
      before: old.enforcement,
      after: next.enforcement,
    }),
  );
  if (old.subject !== next.subject) {
    const message = became("subject", old.subject, next.subject);
    result.push(...changes(within(subject, "/subject"), "subject-changed", message));
  }
  if (old.timeoutMs !== next.timeoutMs) {
    const rule = next.timeoutMs < old.timeoutMs ? "timeout-lowered" : "timeout-raised";
    const message = became("timeout", duration(old.timeoutMs), duration(next.timeoutMs));
    result.push(...changes(within(subject, "/timeout"), rule, message));
  }
  return [...result, ...diffRate(subject, old.rate, next.rate)];
}

/** `reply`: enforcement covers what is answered too. */
export function diffMessage(
  subject: Subject,
  old: MessageEntry,
  next: MessageEntry,
  payload: Roles,
  reply: Roles = { senders: [], receivers: [] },
): Change[] {
  const result = diffSchema(within(subject, "/payload"), old.payload, next.payload, {
    ...payload,
    before: old.enforcement,
    after: next.enforcement,
  });
  if (old.enforcement !== next.enforcement) {
    const rule = next.enforcement === "enforce" ? "enforcement-tightened" : "enforcement-loosened";
    const message = became("enforcement", old.enforcement, next.enforcement);
    result.push(
      ...changes(within(subject, "/enforcement"), rule, message, {
        senders: [...payload.senders, ...reply.senders],
        receivers: [...payload.receivers, ...reply.receivers],
      }),
    );
  }
  if (differ(old.deprecated, next.deprecated)) {
    const message = next.deprecated === undefined ? "is no longer deprecated" : deprecation(next);
    result.push(...changes(within(subject, "/deprecated"), "deprecation-changed", message));
  }
  if ((["description", "owner", "examples"] as const).some((each) => differ(old[each], next[each]))) {
    result.push(...changes(subject, "docs-changed", "its documentation changed"));
  }
  if (old.sample !== next.sample) {
    const message = became("sample", old.sample?.toString(), next.sample?.toString());
    result.push(...changes(within(subject, "/sample"), "sample-changed", message));
  }
  return result;
}

/** `is deprecated since 2.0, to be removed in 3.0: use order:sent`; empty when it is not. */
export function deprecation({ deprecated }: MessageEntry): string {
  if (deprecated === undefined) return "";
  const { since, remove, use } = deprecated;
  const removal = remove === undefined ? "" : `, to be removed in ${remove}`;
  return `is deprecated since ${since}${removal}${use === undefined ? "" : `: use ${use}`}`;
}

function diffRelayRooms(subject: Subject, old: readonly string[], next: readonly string[]): Change[] {
  const uncovered = (patterns: readonly string[], by: readonly string[]) =>
    patterns.filter((pattern) => !by.some((other) => matches(other, pattern))).join(", ");
  const [removed, added] = [uncovered(old, next), uncovered(next, old)];
  return [
    ...(removed === "" ? [] : changes(subject, "relay-rooms-removed", `not in all rooms of ${removed} any more`)),
    ...(added === "" ? [] : changes(subject, "relay-rooms-added", `also in rooms of ${added}`)),
  ];
}

function diffRate(subject: Subject, old: Rate | undefined, next: Rate | undefined): Change[] {
  if (old?.perSecond === next?.perSecond) return [];
  const text = (rate: Rate | undefined) => rate && `${rate.perSecond}/s`;
  const isLower = old === undefined || (next !== undefined && next.perSecond < old.perSecond);
  const rule = next === undefined ? "rate-removed" : isLower ? "rate-lowered" : "rate-raised";
  return changes(within(subject, "/rate"), rule, became("rate", text(old), text(next)));
}

function diffVolatile(subject: Subject, old: boolean, next: boolean): Change[] {
  if (old === next) return [];
  return next
    ? changes(subject, "volatile-added", "may be dropped now")
    : changes(subject, "volatile-removed", "is no longer dropped");
}

export function diffHistory(subject: Subject, old: HistoryRule | undefined, next: HistoryRule | undefined): Change[] {
  const at = within(subject, "/history");
  if (old === undefined && next === undefined) return [];
  if (old === undefined) return changes(at, "history-added", "is kept now");
  if (next === undefined) return changes(at, "history-removed", "is no longer kept");
  const one = (key: "size" | "ttl", before: number, after: number, text: (value: number) => string) =>
    before === after
      ? []
      : changes(
          within(at, `/${key}`),
          after < before ? "history-lowered" : "history-raised",
          became(`the history's ${key}`, text(before), text(after)),
        );
  return [...one("size", old.size, next.size, String), ...one("ttl", old.ttlMs, next.ttlMs, duration)];
}

export const differ = (a: unknown, b: unknown): boolean => stableJson(a) !== stableJson(b);
