/** CloudEvents: what a domain event must say of itself, what presence publishes, and what fallback channels carry. */

import { type Static, type TSchema, Type } from "../schema/type.ts";
import { anyJson, count, Entry, info, name, object, oneOf, opaque, optional, timestamp } from "./shapes.ts";

/** Printable, bounded, not empty: attributes go into headers of dead letters and into spans. */
const attribute = Type.String({ minLength: 1, maxLength: 1_024, pattern: "^[^\\u0000-\\u001f\\u007f]+$" });

/**
 * Attributes of a domain event, from headers or envelope. A `time` that is none counts as absent, and so does a
 * malformed `traceparent`; which tenants there are is for routing to say.
 */
export const CloudEventAttributes = object({
  specversion: Type.String({ pattern: "^1\\.[0-9]{1,3}$" }),
  id: attribute,
  source: attribute,
  type: attribute,
  time: optional(anyJson),
  tenantid: optional(attribute),
  traceparent: optional(anyJson),
});
export type CloudEventAttributes = Static<typeof CloudEventAttributes>;

const reason = Type.String({ minLength: 1 });
const user = object({
  tenant: name("tenant"),
  user: name("user"),
  status: oneOf("active", "away", "busy", "offline"),
  info: optional(info),
  devices: count(),
  visible: Type.Boolean(),
  epoch: opaque,
  version: count(),
  at: timestamp,
  reason,
});
const room = { tenant: name("tenant"), namespace: name("namespace"), room: name("room") };
const stamp = { epoch: opaque, version: count(), at: timestamp };
const roster = object({ ...room, ...stamp, reason });
const member = object({ ...room, user: name("user"), ...stamp, reason });

/** Types of the PRESENCE stream, and their data. Open: a consumer ignores what it does not know. */
export const PRESENCE_EVENTS = {
  "rollcall.user.online": { about: "user", description: "A user's first session.", data: user },
  "rollcall.user.offline": { about: "user", description: "A user's last session is gone.", data: user },
  "rollcall.user.changed": { about: "user", description: "Status, info or devices of a user changed.", data: user },
  "rollcall.room.occupied": { about: "room", description: "A room has its first member.", data: roster },
  "rollcall.room.joined": { about: "room", description: "A user joined a room.", data: member },
  "rollcall.room.left": { about: "room", description: "A user left a room.", data: member },
  "rollcall.room.vacated": { about: "room", description: "A room's last member left.", data: roster },
  "rollcall.room.state": {
    about: "room",
    description: "State of a room that declares `publish`, merged, at most once a second.",
    data: object({ ...room, ...stamp, set: Type.Array(Entry), deleted: Type.Array(name("stateKey")) }),
  },
  "rollcall.presence.epoch": {
    about: "cell",
    description: "What has a smaller cell epoch is void: read again.",
    data: object({ epoch: opaque, at: timestamp }),
  },
} as const satisfies Record<string, { about: "user" | "room" | "cell"; description: string; data: TSchema }>;

export type PresenceEvent = keyof typeof PRESENCE_EVENTS;
export type PresenceEventData<E extends PresenceEvent> = Static<(typeof PRESENCE_EVENTS)[E]["data"]>;

/** The body of every fallback channel. */
export const FallbackBody = object({
  id: Type.String({ minLength: 1, maxLength: 128 }),
  event: name("event"),
  tenant: name("tenant"),
  user: name("user"),
  data: anyJson,
  ts: timestamp,
  /** Of an event with `durable.digest`: all that this notice stands for, oldest first; `id`, `data` and `ts` are the newest's. */
  digest: optional(
    Type.Array(object({ id: Type.String({ minLength: 1, maxLength: 128 }), data: anyJson, ts: timestamp }), {
      minItems: 2,
      maxItems: 101,
    }),
  ),
});
export type FallbackBody = Static<typeof FallbackBody>;
