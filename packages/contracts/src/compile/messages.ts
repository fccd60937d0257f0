/** Relays, commands and events of one file. */

import type { CommandContract, DurableRule, EventContract, HistoryRule, RelayContract } from "../contract.ts";
import { LIMITS } from "../limits.ts";
import { TIMEOUTS } from "../limits-guide.ts";
import { CORE_DOMAINS, isCoreEvent, isName } from "../names.ts";
import { matches } from "../pattern.ts";
import { pointerOf } from "../pointer.ts";
import { buildAudience } from "./audience.ts";
import type { CommandDeclaration, EventDeclaration, RelayDeclaration } from "./file-schema.ts";
import { notGuaranteed } from "./guarantee.ts";
import { isRoomPattern } from "./rooms.ts";
import type { BuildScope } from "./scope.ts";
import { parseSubject } from "./subject.ts";
import { parseTemplate } from "./template.ts";

export const DEFAULT_COMMAND_TIMEOUT_MS = TIMEOUTS.command.ms;
export const DEFAULT_RELAY_OPERATION = "publish";

type Declaration = RelayDeclaration | CommandDeclaration | EventDeclaration;

/** What all three kinds share. */
function declared(scope: BuildScope, at: string, name: string, written: Declaration) {
  if (!isName("event", name)) scope.report(at, "is no event name: domain:action, of a-z, 0-9 and -");
  else if (isCoreEvent(name)) scope.report(at, `is in a reserved domain: ${CORE_DOMAINS.join(", ")} are core's`);
  const { schema, validate } = scope.schema(`${at}/payload`, written.payload);
  scope.examples(at, written.examples, validate);
  const { description, owner, deprecated, sample } = written;
  return {
    schema,
    common: {
      name,
      enforcement: written.enforcement ?? ("enforce" as const),
      validate,
      ...(description === undefined ? {} : { description }),
      ...(owner === undefined ? {} : { owner }),
      ...(deprecated === undefined ? {} : { deprecated: deprecated as NonNullable<RelayContract["deprecated"]> }),
      ...(sample === undefined ? {} : { sample }),
    },
  };
}

function history(scope: BuildScope, at: string, written: { size: number; ttl: string | number } | undefined) {
  if (written === undefined) return {};
  if (written.size > LIMITS.historySize) {
    scope.report(`${at}/history/size`, `is above the server's limit of ${LIMITS.historySize}`);
  }
  const ttlMs = scope.duration(`${at}/history/ttl`, written.ttl, { min: 1, max: LIMITS.historyTtlMs });
  return { history: { size: written.size, ttlMs } satisfies HistoryRule };
}

export function buildRelay(scope: BuildScope, name: string, written: RelayDeclaration): RelayContract {
  const at = pointerOf("relays", name);
  const { common } = declared(scope, at, name, written);
  for (const [i, pattern] of written.rooms.entries()) {
    if (!isRoomPattern(pattern))
      scope.report(`${at}/rooms/${i}`, "is no room pattern: a room id, or its beginning and one final *");
  }
  if (written.volatile === true && written.history !== undefined) {
    scope.report(`${at}/volatile`, "cannot be combined with history: what may be dropped cannot be numbered");
  }
  return {
    kind: "relay",
    ...common,
    rooms: written.rooms,
    op: written.op ?? DEFAULT_RELAY_OPERATION,
    volatile: written.volatile === true,
    ...(written.rate === undefined ? {} : { rate: scope.rate(`${at}/rate`, written.rate, LIMITS.ratePerSecond) }),
    ...history(scope, at, written.history),
    allowsRoom: (room) => written.rooms.some((pattern) => matches(pattern, room)),
  };
}

export function buildCommand(scope: BuildScope, name: string, written: CommandDeclaration): CommandContract {
  const at = pointerOf("commands", name);
  const { common } = declared(scope, at, name, written);
  const subject = parseSubject(written.subject, "commands");
  if (typeof subject === "string") scope.report(`${at}/subject`, subject);
  const timeout = { min: 1, max: LIMITS.commandTimeoutMs };
  return {
    kind: "command",
    ...common,
    validateReply: scope.schema(`${at}/reply`, written.reply).validate,
    subject: written.subject,
    timeoutMs:
      written.timeout === undefined
        ? DEFAULT_COMMAND_TIMEOUT_MS
        : scope.duration(`${at}/timeout`, written.timeout, timeout),
    ...(written.rate === undefined ? {} : { rate: scope.rate(`${at}/rate`, written.rate, LIMITS.ratePerSecond) }),
  };
}

export function buildEvent(
  scope: BuildScope,
  namespace: string,
  name: string,
  written: EventDeclaration,
): EventContract {
  const at = pointerOf("events", name);
  const { common, schema } = declared(scope, at, name, written);
  const from = written.from === undefined ? undefined : parseSubject(written.from, "events");
  if (typeof from === "string") scope.report(`${at}/from`, from);
  const hasHole = typeof from === "object" && from.source.includes("{tenant}");
  if (hasHole && written.tenant === "header") {
    scope.report(`${at}/tenant`, "cannot be header when the subject names the tenant");
  }
  if (written.from === undefined && written.type !== undefined) {
    scope.report(`${at}/type`, "means nothing without `from`");
  }
  if (written.from !== undefined && written.to === undefined) {
    scope.report(at, "needs `to`: which room or users it is for");
  }
  if (written.durable !== undefined && written.to?.users === undefined) {
    scope.report(`${at}/durable`, "needs `to.users`: a durable event has recipients, not a room");
  }
  if (written.history !== undefined && written.to?.users !== undefined) {
    scope.report(`${at}/history`, "belongs to a room: `to.users` has an inbox with `durable` instead");
  }
  const audience =
    written.to === undefined
      ? undefined
      : buildAudience(scope, `${at}/to`, written.to as { room?: string; users?: string }, schema);
  return {
    kind: "event",
    ...common,
    namespace,
    tenantFrom: hasHole ? "subject" : written.tenant === "header" ? "header" : "default",
    ...(typeof from === "object" ? { from } : {}),
    ...(written.type === undefined ? {} : { type: written.type }),
    ...(audience === undefined ? {} : { audience }),
    ...(written.durable === undefined ? {} : { durable: durable(scope, `${at}/durable`, written.durable, schema) }),
    ...history(scope, at, written.history),
  };
}

function durable(
  scope: BuildScope,
  at: string,
  written: NonNullable<EventDeclaration["durable"]>,
  schema: unknown,
): DurableRule {
  const ttlMs = scope.duration(`${at}/ttl`, written.ttl, { min: 1_000, max: LIMITS.durableTtlMs });
  const limits = { max: ttlMs, of: "the event's ttl" };
  const collapse = written.collapse === undefined ? undefined : parseTemplate(written.collapse);
  if (written.collapse !== undefined && collapse === undefined)
    scope.report(`${at}/collapse`, "is no template: text with JSON pointers in braces, such as order:{/orderId}");
  for (const pointer of collapse?.pointers ?? []) {
    const why = notGuaranteed(schema, pointer, ["string", "integer"]);
    if (why !== undefined) scope.report(`${at}/collapse`, why);
  }
  return {
    ttlMs,
    ...(collapse === undefined
      ? {}
      : {
          collapse: (data: unknown) => {
            const filled = collapse.fill(data);
            return filled.ok ? filled.text : undefined;
          },
        }),
    ...(written.fallback === undefined
      ? {}
      : {
          fallback: {
            afterMs: scope.duration(`${at}/fallback/after`, written.fallback.after, limits),
            channel: written.fallback.channel,
          },
        }),
    ...(written.digest === undefined
      ? {}
      : { digest: { windowMs: scope.duration(`${at}/digest/window`, written.digest.window, { min: 1, ...limits }) } }),
  };
}
