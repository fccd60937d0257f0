/** Who an event is for: a room by template, or users by pointer. */

import type { EventContract } from "../contract.ts";
import { LIMITS } from "../limits.ts";
import { isName } from "../names.ts";
import { resolvePointer } from "../pointer.ts";
import { notGuaranteed } from "./guarantee.ts";
import type { BuildScope } from "./scope.ts";
import { isPointer, parseTemplate } from "./template.ts";

type Audience = NonNullable<EventContract["audience"]>;

export function buildAudience(
  scope: BuildScope,
  at: string,
  to: { room?: string; users?: string },
  schema: unknown,
): Audience | undefined {
  if (to.room !== undefined) return roomAudience(scope, `${at}/room`, to.room, schema);
  if (to.users !== undefined) return userAudience(scope, `${at}/users`, to.users, schema);
  return undefined;
}

function roomAudience(scope: BuildScope, at: string, source: string, schema: unknown): Audience | undefined {
  const template = parseTemplate(source);
  if (template === undefined) {
    scope.report(at, "is no template: text with JSON pointers in braces, such as repo:{/repository/name}");
    return undefined;
  }
  for (const pointer of template.pointers) {
    const why = notGuaranteed(schema, pointer, ["string", "integer"]);
    if (why !== undefined) scope.report(at, why);
  }
  return {
    to: "room",
    of(data) {
      const filled = template.fill(data);
      if (!filled.ok) return { ok: false, detail: `${filled.pointer} is empty, missing, or neither text nor integer` };
      if (!isName("room", filled.text)) return { ok: false, detail: "the room's name is too long" };
      return { ok: true, to: "room", room: filled.text };
    },
  };
}

function userAudience(scope: BuildScope, at: string, pointer: string, schema: unknown): Audience | undefined {
  if (!isPointer(pointer)) {
    scope.report(at, "must be a JSON pointer such as /customer/id");
    return undefined;
  }
  const why = notGuaranteed(schema, pointer, ["string"], true);
  if (why !== undefined) scope.report(at, why);
  return {
    to: "users",
    of(data) {
      const users = [resolvePointer(data, pointer)].flat();
      if (users.length === 0) return { ok: false, detail: `${pointer} is empty` };
      if (users.length > LIMITS.audienceUsers) return { ok: false, detail: `${pointer} names too many users` };
      if (!users.every((user) => isName("user", user))) return { ok: false, detail: `${pointer} holds no user id` };
      return { ok: true, to: "users", users: [...new Set(users as string[])] };
    },
  };
}
