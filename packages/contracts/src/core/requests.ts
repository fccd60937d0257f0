/**
 * What backends and operators ask over NATS (`<install>.v1.<tenant>.<name>`), and the data of a positive answer.
 * Where a request does what a client event does, its answer is that event's ack.
 */

import { LIMITS } from "../limits.ts";
import { type Static, type TSchema, Type } from "../schema/type.ts";
import { CLIENT_EVENTS } from "./client-events.ts";
import {
  anyJson,
  count,
  list,
  name,
  object,
  oneOf,
  opaque,
  optional,
  positive,
  StateOp,
  shortText,
  timestamp,
  UserPresence,
} from "./shapes.ts";

const user = name("user");
const room = name("room");
const namespace = name("namespace");
const id = Type.String({ minLength: 1, maxLength: 256 });
const event = name("event");
const stale = optional(Type.Boolean());
const text = Type.String();
const trace = Type.String({ pattern: "^[0-9a-f]{32}$" });
const clockTime = Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" });
const status = oneOf("active", "away", "busy");

/** As a backend reads it: an invisible user has the status it last set otherwise, and `visible: false`. */
const truth = object({ ...UserPresence.properties, visible: optional(Type.Boolean()) });

const session = {
  session: name("session"),
  namespace,
  edge: text,
  since: timestamp,
  status,
  client: optional(shortText(LIMITS.clientBytes)),
  rooms: Type.Array(room),
};

const preference = {
  user,
  mute: optional(list(event, 200)),
  quiet: optional(object({ from: clockTime, to: clockTime, tz: Type.String({ minLength: 1, maxLength: 64 }) })),
};

/** One thing that happened to an event: told by the notifier that took it, an edge that delivered it, or its letter. */
const step = object({
  step: oneOf("intake", "dead_letter", "edge"),
  at: timestamp,
  outcome: optional(text),
  reason: optional(text),
  detail: optional(text),
  tenant: optional(name("tenant")),
  namespace: optional(namespace),
  event: optional(text),
  mid: optional(text),
  id: optional(text),
  source: optional(text),
  subject: optional(text),
  sequence: optional(count()),
  room: optional(room),
  users: optional(count()),
  trace: optional(trace),
  ofUser: optional(object({ sockets: count(), missed: optional(text) })),
  letter: optional(text),
  edge: optional(text),
  position: optional(text),
  sockets: optional(count()),
  dropped: optional(Type.Unsafe<Record<string, number>>({ type: "object", additionalProperties: count() })),
});

const recipient = object({
  user,
  /** Of the ledger: the first four are on their way, the others final. */
  state: oneOf(
    ...["pending", "handed", "attempting", "overtaken", "acknowledged", "fallback", "suppressed", "dead"],
    // Of an event that is not durable, by the edges' account; and of a user whom a durable one was not for.
    ...["delivered", "missed"],
  ),
  reason: optional(text),
  at: timestamp,
  attempts: optional(count()),
  seq: optional(count()),
});

/** `since` and `until` are of the letter, both included. */
const letters = {
  limit: optional(positive(1_000)),
  reason: optional(Type.String({ minLength: 1, maxLength: 64 })),
  ids: optional(list(id, 1_000)),
  since: optional(timestamp),
  until: optional(timestamp),
};
/** Those that are acted upon come oldest first, some of them at a time: `next` is the next request's `after`. */
const chosenLetters = { ...letters, after: optional(id) };
/** `headers` and `body` come when one letter is asked for by its id. */
const letter = object({
  id,
  at: timestamp,
  reason: text,
  detail: text,
  tenant: name("tenant"),
  subject: text,
  stream: text,
  sequence: count(),
  event: optional(text),
  source: optional(text),
  eventId: optional(text),
  trace: optional(trace),
  bytes: count(),
  truncated: optional(Type.Literal(true)),
  headers: optional(Type.Unsafe<Record<string, string>>({ type: "object", additionalProperties: { type: "string" } })),
  body: optional(text),
});

interface RequestContract {
  description: string;
  answeredBy: "presence" | "notifier";
  body: TSchema;
  /** `data` of `{ ok: true, data }`. */
  reply: TSchema;
}

export const REQUESTS = {
  "presence.get": {
    description: "Presence of users as it is, invisible ones included.",
    answeredBy: "presence",
    body: object({ users: list(user, LIMITS.usersPerRequest, 1) }),
    reply: object({ users: Type.Array(truth), stale }),
  },
  "presence.list": {
    description: "Everybody who is online, by pages.",
    answeredBy: "presence",
    body: object({ cursor: optional(opaque), limit: optional(positive(LIMITS.usersPerRequest)) }),
    reply: object({ users: Type.Array(truth), count: count(), next: optional(opaque), stale }),
  },
  "presence.sessions": {
    description: "The sessions of a user.",
    answeredBy: "presence",
    body: object({ user }),
    reply: object({ sessions: Type.Array(object(session)), stale }),
  },
  "presence.explain": {
    description:
      "Why a user is shown as they are: what holds each session, and for how long still; what changed last, and why. For operators.",
    answeredBy: "presence",
    body: object({ user }),
    reply: object({
      user,
      online: Type.Boolean(),
      epoch: optional(opaque),
      version: optional(count()),
      visible: optional(Type.Boolean()),
      cellEpoch: opaque,
      brake: Type.Unsafe<{ reason: string; heldMs: number } | null>({
        type: ["object", "null"],
        required: ["reason", "heldMs"],
        properties: { reason: { type: "string" }, heldMs: { type: "number", minimum: 0 } },
      }),
      /** The newest that backends were told, while the stream keeps it. */
      last: optional(
        object({
          change: oneOf("online", "offline", "changed"),
          reason: text,
          at: timestamp,
          epoch: opaque,
          version: count(),
          trace: optional(trace),
        }),
      ),
      sessions: Type.Array(
        object({
          ...session,
          incarnation: count(),
          observing: optional(Type.Array(room)),
          state: oneOf("online", "lost"),
          lost: optional(text),
          /** Since its edge renewed, and until that lease ends. */
          leaseAgeMs: optional(Type.Number()),
          leaseLeftMs: optional(Type.Number()),
          graceLeftMs: optional(Type.Number()),
        }),
      ),
    }),
  },
  "room.list": {
    description: "Rooms that have members, by pages.",
    answeredBy: "presence",
    body: object({
      namespace,
      prefix: optional(Type.String({ pattern: "^[A-Za-z0-9_.:@~-]{0,128}$" })),
      cursor: optional(opaque),
      limit: optional(positive(LIMITS.usersPerRequest)),
    }),
    reply: object({
      rooms: Type.Array(object({ room, count: count(), since: timestamp })),
      next: optional(opaque),
      stale,
    }),
  },
  "room.members": {
    description: "A room's roster, by pages.",
    answeredBy: "presence",
    body: object({ namespace, room, cursor: optional(opaque), limit: optional(positive(LIMITS.membersPage)) }),
    reply: CLIENT_EVENTS["room:members"].ack,
  },
  "room.state": {
    description: "A room's state entries, all or by key.",
    answeredBy: "presence",
    body: object({
      namespace,
      room,
      keys: optional(list(name("stateKey"), LIMITS.stateKeys)),
      cursor: optional(opaque),
    }),
    reply: CLIENT_EVENTS["state:get"].ack,
  },
  "room.patch": {
    description: "Change a room's state, all or none; a backend may change bound keys too.",
    answeredBy: "presence",
    body: object({ namespace, room, ops: list(StateOp, LIMITS.patchOps, 1), id: optional(name("clientId")) }),
    reply: CLIENT_EVENTS["state:patch"].ack,
  },
  "room.history": {
    description: "Events of a room's history, by pages.",
    answeredBy: "presence",
    body: object({
      namespace,
      room,
      before: optional(count()),
      after: optional(count()),
      limit: optional(positive(LIMITS.historyPage)),
    }),
    reply: CLIENT_EVENTS["room:history"].ack,
  },
  "session.revoke": {
    description: "End a user's sessions, or their membership of a room, and refuse the tokens they came with.",
    answeredBy: "presence",
    body: object({
      user,
      session: optional(name("session")),
      room: optional(room),
      namespace: optional(namespace),
      issuedBefore: optional(Type.Unsafe<string | number>({ type: ["string", "integer"] })),
      reason: Type.String({ minLength: 1, maxLength: 256 }),
    }),
    reply: object({ revoked: count() }),
  },
  emit: {
    description: "Send a declared event to a room or to users, without a stream.",
    answeredBy: "notifier",
    body: object({
      namespace: optional(namespace),
      to: Type.Object(
        { room: optional(room), users: optional(list(user, LIMITS.audienceUsers, 1)) },
        { minProperties: 1, maxProperties: 1 },
      ),
      event,
      data: anyJson,
      id: optional(name("clientId")),
    }),
    reply: object({ id }),
  },
  "preference.get": {
    description: "What a user does not want to be told, and when.",
    answeredBy: "notifier",
    body: object({ user }),
    reply: object(preference),
  },
  "preference.set": {
    description: "Replace a user's preference.",
    answeredBy: "notifier",
    body: object(preference),
    reply: object(preference),
  },
  "delivery.get": {
    description: "What became of one event: the ledger's and the edges' account.",
    answeredBy: "notifier",
    body: object({ id, user: optional(user) }),
    reply: object({
      id,
      event: text,
      trace: optional(trace),
      steps: Type.Array(step),
      recipients: Type.Array(recipient),
    }),
  },
  "deadletter.list": {
    description: "A tenant's dead letters, newest last; one asked for by id comes whole.",
    answeredBy: "notifier",
    body: object(letters),
    reply: object({ letters: Type.Array(letter) }),
  },
  "deadletter.replay": {
    description: "Publish originals again where they came from, under the identity they had.",
    answeredBy: "notifier",
    body: object(chosenLetters),
    reply: object({ replayed: Type.Array(id), skipped: Type.Array(id), next: optional(id) }),
  },
  "deadletter.discard": {
    description: "Delete dead letters.",
    answeredBy: "notifier",
    body: object(chosenLetters),
    reply: object({ discarded: Type.Array(id), next: optional(id) }),
  },
} as const satisfies Record<string, RequestContract>;

export type RequestName = keyof typeof REQUESTS;
export type RequestBody<N extends RequestName> = Static<(typeof REQUESTS)[N]["body"]>;
export type ReplyData<N extends RequestName> = Static<(typeof REQUESTS)[N]["reply"]>;
