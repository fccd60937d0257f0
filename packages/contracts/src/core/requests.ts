/** What backends and operators ask over NATS (`<install>.v1.<tenant>.<name>`). Replies repeat the client events' acks. */

import Type, { type Static, type TSchema } from "typebox";
import { LIMITS } from "../limits.ts";
import { anyJson, count, list, name, object, opaque, optional, positive, StateOp } from "./shapes.ts";

const user = name("user");
const room = name("room");
const namespace = name("namespace");
const id = Type.String({ minLength: 1, maxLength: 256 });
const event = name("event");
const letters = {
  limit: optional(positive(1_000)),
  reason: optional(Type.String({ minLength: 1, maxLength: 64 })),
  ids: optional(list(id, 1_000)),
};

export const REQUESTS = {
  "presence.get": object({ users: list(user, LIMITS.usersPerRequest, 1) }),
  "presence.list": object({ cursor: optional(opaque), limit: optional(positive(LIMITS.usersPerRequest)) }),
  "presence.sessions": object({ user }),
  "presence.explain": object({ user }),
  "room.list": object({
    namespace,
    prefix: optional(Type.String({ pattern: "^[A-Za-z0-9_.:@~-]{0,128}$" })),
    cursor: optional(opaque),
    limit: optional(positive(LIMITS.usersPerRequest)),
  }),
  "room.members": object({
    namespace,
    room,
    cursor: optional(opaque),
    limit: optional(positive(LIMITS.membersPage)),
  }),
  "room.state": object({
    namespace,
    room,
    keys: optional(list(name("stateKey"), LIMITS.stateKeys)),
    cursor: optional(opaque),
  }),
  "room.patch": object({
    namespace,
    room,
    ops: list(StateOp, LIMITS.patchOps, 1),
    id: optional(name("clientId")),
  }),
  "room.history": object({
    namespace,
    room,
    before: optional(count()),
    after: optional(count()),
    limit: optional(positive(LIMITS.historyPage)),
  }),
  "session.revoke": object({
    user,
    session: optional(name("session")),
    room: optional(room),
    namespace: optional(namespace),
    issuedBefore: optional(Type.Unsafe<string | number>({ type: ["string", "integer"] })),
    reason: Type.String({ minLength: 1, maxLength: 256 }),
  }),
  emit: object({
    namespace: optional(namespace),
    to: Type.Object(
      { room: optional(room), users: optional(list(user, LIMITS.audienceUsers, 1)) },
      { minProperties: 1, maxProperties: 1 },
    ),
    event,
    data: anyJson,
    id: optional(name("clientId")),
  }),
  "preference.get": object({ user }),
  "preference.set": object({
    user,
    mute: optional(list(event, 200)),
    quiet: optional(
      object({
        from: Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" }),
        to: Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" }),
        tz: Type.String({ minLength: 1, maxLength: 64 }),
      }),
    ),
  }),
  "delivery.get": object({ id, user: optional(user) }),
  "deadletter.list": object(letters),
  "deadletter.replay": object(letters),
  "deadletter.discard": object(letters),
} as const satisfies Record<string, TSchema>;

export type RequestName = keyof typeof REQUESTS;
export type RequestBody<N extends RequestName> = Static<(typeof REQUESTS)[N]>;
