/** Events: where they come from, whom they are for, and what is kept of them. */

import type { DurableEntry, EventEntry } from "../catalogue.ts";
import { became, type Change, changes, duration, type Subject, within } from "./change.ts";
import { differ, diffHistory, diffMessage } from "./diff-messages.ts";
import { ROLES } from "./rules.ts";

export function diffEvent(subject: Subject, old: EventEntry, next: EventEntry): Change[] {
  return [
    ...diffMessage(subject, old, next, ROLES["event payload"]),
    ...diffSource(subject, old, next),
    ...diffAudience(within(subject, "/to"), old.to, next.to),
    ...diffDurable(within(subject, "/durable"), old, next),
    ...diffHistory(subject, old.history, next.history),
  ];
}

function diffSource(subject: Subject, old: EventEntry, next: EventEntry): Change[] {
  const result: Change[] = [];
  const at = within(subject, "/from");
  if (old.from === undefined) {
    return next.from === undefined ? [] : changes(at, "from-added", became("from", old.from, next.from));
  }
  if (old.from !== next.from) return changes(at, "from-changed", became("from", old.from, next.from));
  if (old.tenantFrom !== next.tenantFrom) {
    const message = next.tenantFrom === "header" ? "the tenant is read from ce-tenantid now" : "the tenant is main now";
    result.push(...changes(within(subject, "/tenant"), "tenant-changed", message));
  }
  if (old.type !== next.type) {
    const rule = next.type === undefined ? "type-removed" : "type-required";
    result.push(...changes(within(subject, "/type"), rule, became("type", old.type, next.type)));
  }
  return result;
}

function diffAudience(subject: Subject, old: EventEntry["to"], next: EventEntry["to"]): Change[] {
  if (!differ(old, next)) return [];
  const text = (to: EventEntry["to"]) => to && ("room" in to ? `room ${to.room}` : `users ${to.users}`);
  return changes(
    subject,
    old === undefined ? "audience-added" : "audience-changed",
    became("to", text(old), text(next)),
  );
}

function diffDurable(subject: Subject, old: EventEntry, next: EventEntry): Change[] {
  const [before, after] = [old.durable, next.durable];
  if (before === undefined && after === undefined) return [];
  if (after === undefined) return changes(subject, "durable-removed", "is no longer durable");
  if (before === undefined) {
    const wasForUsers = old.to !== undefined && "users" in old.to;
    return [
      ...changes(subject, "durable-added", "is durable now"),
      ...(wasForUsers ? [] : changes(subject, "durable-needs-users", "is durable now")),
      ...diffFallback(within(subject, "/fallback"), undefined, after.fallback),
    ];
  }
  return [
    ...diffTerms(subject, before, after),
    ...diffFallback(within(subject, "/fallback"), before.fallback, after.fallback),
  ];
}

function diffTerms(subject: Subject, old: DurableEntry, next: DurableEntry): Change[] {
  const result: Change[] = [];
  if (old.ttlMs !== next.ttlMs) {
    const rule = next.ttlMs < old.ttlMs ? "ttl-lowered" : "ttl-raised";
    result.push(...changes(within(subject, "/ttl"), rule, became("ttl", duration(old.ttlMs), duration(next.ttlMs))));
  }
  if (old.collapse !== next.collapse) {
    const message = became("collapse", old.collapse, next.collapse);
    result.push(...changes(within(subject, "/collapse"), "collapse-changed", message));
  }
  if (differ(old.digest, next.digest)) {
    const text = (terms: DurableEntry) => terms.digest && duration(terms.digest.windowMs);
    result.push(...changes(within(subject, "/digest"), "digest-changed", became("digest", text(old), text(next))));
  }
  return result;
}

function diffFallback(subject: Subject, old: DurableEntry["fallback"], next: DurableEntry["fallback"]): Change[] {
  if (old === undefined && next === undefined) return [];
  if (old === undefined) return changes(subject, "fallback-added", `falls back to ${next!.channel} now`);
  if (next === undefined) return changes(subject, "fallback-removed", `no longer falls back to ${old.channel}`);
  const result: Change[] = [];
  if (old.afterMs !== next.afterMs) {
    const rule = next.afterMs < old.afterMs ? "fallback-sooner" : "fallback-later";
    const message = became("after", duration(old.afterMs), duration(next.afterMs));
    result.push(...changes(within(subject, "/after"), rule, message));
  }
  if (old.channel !== next.channel) {
    const message = became("channel", old.channel, next.channel);
    result.push(...changes(within(subject, "/channel"), "fallback-channel-changed", message));
  }
  return result;
}
