/** What clients send, and what the ack holds. */

import type { ErrorCode } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { type Static, type TSchema, Type } from "../schema/type.ts";
import {
  anyJson,
  count,
  Entry,
  EventTriple,
  info,
  list,
  Member,
  name,
  object,
  oneOf,
  opaque,
  optional,
  positive,
  RosterDiff,
  StateDiff,
  StateOp,
  timestamp,
  UserPresence,
} from "./shapes.ts";

const room = name("room");
const user = name("user");
const stale = optional(Type.Boolean());
const inboxState = object({ epoch: opaque, ackSeq: count(), unread: count() });
const inboxIds = list(Type.String({ minLength: 1, maxLength: 128 }), LIMITS.inboxPage, 1);

const JoinAck = object({
  room,
  epoch: opaque,
  resumed: Type.Boolean(),
  mode: oneOf("roster", "occupancy"),
  count: count(),
  roster: object({
    version: count(),
    members: optional(list(Member, LIMITS.membersPage)),
    next: optional(opaque),
    delta: optional(RosterDiff),
  }),
  state: object({
    version: count(),
    entries: optional(list(Entry, LIMITS.stateKeys)),
    next: optional(opaque),
    delta: optional(StateDiff),
  }),
  history: object({ seq: count(), events: optional(list(EventTriple, LIMITS.historyLast)), next: optional(count()) }),
  stale,
});

interface ClientEventContract {
  description: string;
  payload: TSchema;
  ack: TSchema;
  /** Operation needed on the resource, as the tables of the wire contract say. */
  needs?: string;
  ackRequired?: true;
  /** What it can be answered with, beside what any event can ({@link ANY_EVENT_ERRORS}), in the order of the checks. */
  errors: readonly ErrorCode[];
}

/** Of what any event can be answered with: before its own errors, and after them. */
export const ANY_EVENT_ERRORS = {
  first: ["PAYLOAD_TOO_LARGE", "RATE_LIMITED", "PAYLOAD_INVALID"],
  last: ["UNAVAILABLE", "TIMEOUT", "INTERNAL"],
} as const satisfies Record<string, readonly ErrorCode[]>;

const reads = ["ROOM_UNKNOWN", "NOT_A_MEMBER"] as const;
/** What goes to presence in the session's order stands in a queue, which may be full. */
const queued = ["OVERLOADED"] as const;
const token = ["AUTH_INVALID", "AUTH_EXPIRED", "AUTH_REVOKED"] as const;

export const CLIENT_EVENTS = {
  "room:join": {
    description:
      "Become a member or an observer of a room, or resume being one. `history.next` is the `after` of `room:history` where events go on from `have.history`, else its `before`.",
    needs: "join or observe",
    ackRequired: true,
    errors: ["FORBIDDEN", "ROOM_UNKNOWN", ...token, "ROOM_FULL", "LIMIT_EXCEEDED", ...queued],
    payload: object({
      room,
      info: optional(info),
      observe: optional(Type.Boolean()),
      grant: optional(Type.String({ minLength: 1, maxLength: 16 * 1024 })),
      have: optional(
        object({ epoch: opaque, roster: optional(count()), state: optional(count()), history: optional(count()) }),
      ),
      last: optional(count(LIMITS.historyLast)),
    }),
    ack: JoinAck,
  },
  "room:leave": {
    description: "Leave a room.",
    errors: ["ROOM_UNKNOWN", ...queued],
    payload: object({ room }),
    ack: object({ room }),
  },
  "room:update": {
    description: "Replace one's info in a room.",
    needs: "membership",
    errors: [...reads, "FORBIDDEN", ...queued],
    payload: object({ room, info }),
    ack: object({ version: count() }),
  },
  "room:members": {
    description: "The roster by pages.",
    needs: "membership",
    errors: reads,
    payload: object({ room, cursor: optional(opaque), limit: optional(positive(LIMITS.membersPage)) }),
    ack: object({
      epoch: opaque,
      version: count(),
      count: count(),
      members: list(Member, LIMITS.membersPage),
      next: optional(opaque),
      stale,
    }),
  },
  "room:history": {
    description:
      "Events of the room's history by pages, ascending: those above `after`, else the newest below `before`. `next` is the next call's `after` or `before`; neither is in its page.",
    needs: "membership",
    errors: reads,
    payload: object({
      room,
      before: optional(count()),
      after: optional(count()),
      limit: optional(positive(LIMITS.historyPage)),
    }),
    ack: object({
      epoch: opaque,
      seq: count(),
      events: list(EventTriple, LIMITS.historyPage),
      next: optional(count()),
    }),
  },
  "state:get": {
    description: "State entries, all or by key.",
    needs: "membership",
    errors: reads,
    payload: object({ room, keys: optional(list(name("stateKey"), LIMITS.stateKeys)), cursor: optional(opaque) }),
    ack: object({ epoch: opaque, version: count(), entries: list(Entry, LIMITS.stateKeys), next: optional(opaque) }),
  },
  "state:patch": {
    description: "Change state entries, all or none.",
    needs: "membership and state",
    errors: ["FORBIDDEN", ...reads, "CONFLICT", "LIMIT_EXCEEDED", ...queued],
    payload: object({ room, ops: list(StateOp, LIMITS.patchOps, 1) }),
    ack: object({ epoch: opaque, version: count() }),
  },
  "presence:set": {
    description: "Set this session's status.",
    errors: queued,
    payload: object({ status: oneOf("active", "away", "busy", "invisible"), info: optional(info) }),
    ack: object({ version: count() }),
  },
  "presence:watch": {
    description: "Read users' presence and be told of changes.",
    needs: "watch",
    errors: ["FORBIDDEN", "LIMIT_EXCEEDED"],
    payload: object({ users: list(user, LIMITS.watchAtOnce, 1) }),
    ack: object({ users: list(UserPresence, LIMITS.watchAtOnce), stale }),
  },
  "presence:unwatch": {
    description: "No longer be told.",
    errors: [],
    payload: object({ users: list(user, LIMITS.watchedPerSocket) }),
    ack: object({}),
  },
  "session:refresh": {
    description: "Replace the token before it expires.",
    errors: [...token, "FORBIDDEN"],
    payload: object({ token: Type.String({ minLength: 1, maxLength: 16 * 1024 }) }),
    ack: object({ expiresAt: timestamp }),
  },
  "inbox:ack": {
    description: "This device has everything up to seq.",
    errors: ["CONFLICT"],
    payload: object({ epoch: opaque, seq: count() }),
    ack: inboxState,
  },
  "inbox:read": {
    description: "The person saw it.",
    errors: [],
    payload: Type.Object({ upTo: optional(count()), ids: optional(inboxIds) }, { minProperties: 1, maxProperties: 1 }),
    ack: inboxState,
  },
  "inbox:unread": {
    description: "The person wants it back.",
    errors: [],
    payload: object({ ids: inboxIds }),
    ack: inboxState,
  },
  "inbox:sync": {
    description: "Durable events of this user, forwards from what one has, or backwards for a list.",
    errors: [],
    payload: object({
      have: optional(object({ epoch: opaque, seq: count() })),
      before: optional(count()),
      limit: optional(positive(LIMITS.inboxPage)),
    }),
    ack: object({
      epoch: opaque,
      seq: count(),
      unread: count(),
      events: list(EventTriple, LIMITS.inboxPage),
      next: optional(count()),
    }),
  },
} as const satisfies Record<string, ClientEventContract>;

export type ClientEvent = keyof typeof CLIENT_EVENTS;
export type ClientPayload<E extends ClientEvent> = Static<(typeof CLIENT_EVENTS)[E]["payload"]>;
export type AckData<E extends ClientEvent> = Static<(typeof CLIENT_EVENTS)[E]["ack"]>;

/** Every code a core event can be answered with, in the order of the checks. */
export function errorsOfEvent(event: ClientEvent): readonly ErrorCode[] {
  return [...ANY_EVENT_ERRORS.first, ...CLIENT_EVENTS[event].errors, ...ANY_EVENT_ERRORS.last];
}

/** The shape of every relay's payload; `data` is the contract file's. */
export const RelayPayload = object({ room, data: anyJson });
