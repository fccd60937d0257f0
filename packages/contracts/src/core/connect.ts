/** What a connection is made with: `auth`, the token's claims, and `meta` of each message. */

import { LIMITS } from "../limits.ts";
import { type Static, Type } from "../schema/type.ts";
import { anyJson, count, info, list, name, object, oneOf, optional, positive, shortText } from "./shapes.ts";

/** `protocol` is any integer here: another one than ours has an error code of its own. */
export const Auth = object({
  token: Type.String({ maxLength: 64 * 1024 }),
  session: optional(name("session")),
  client: optional(shortText(LIMITS.clientBytes)),
  presence: optional(object({ status: oneOf("active", "away", "busy", "invisible"), info: optional(info) })),
  protocol: optional(Type.Integer()),
});
export type Auth = Static<typeof Auth>;

const operation = Type.String({ pattern: "^[a-z][a-z0-9-]{0,31}$" });
const text = Type.String({ minLength: 1, maxLength: 512 });

export const Claims = object({
  sub: name("user"),
  exp: positive(Number.MAX_SAFE_INTEGER),
  iat: count(),
  iss: optional(text),
  aud: optional(Type.Union([text, list(text, 16, 1)])),
  tenant: optional(name("tenant")),
  name: optional(shortText(LIMITS.nameBytes)),
  ns: optional(list(name("namespace"), 32, 1)),
  /** Each lowers the server's; a higher one changes nothing. */
  limits: optional(
    object({
      payloadBytes: optional(positive(1_000_000)),
      rooms: optional(positive(1_000_000)),
      watched: optional(positive(1_000_000)),
      eventsPerSecond: optional(Type.Number({ exclusiveMinimum: 0 })),
      connections: optional(positive(1_000_000)),
    }),
  ),
  cap: Type.Unsafe<Record<string, string[]>>({
    type: "object",
    maxProperties: 500,
    propertyNames: { type: "string", minLength: 1, maxLength: 160 },
    additionalProperties: list(operation, 64),
  }),
});
export type Claims = Static<typeof Claims>;

/** A malformed `traceparent` is ignored by whoever reads it, so any is let through here. */
export const ClientMeta = object({ id: optional(name("clientId")), traceparent: optional(anyJson) });
export interface ClientMeta {
  id?: string;
  traceparent?: string;
}
