/** The building blocks of the core schemas. */

import { ERROR_CODES } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { GRAMMAR, type NameKind } from "../names.ts";
import { type TProperties, type TSchema, type TUnsafe, Type } from "../schema/type.ts";

export const name = (kind: NameKind) => Type.String({ pattern: GRAMMAR[kind] });
export const object = <P extends TProperties>(properties: P) => Type.Object(properties);
export const optional = Type.Optional;
/** Never negative, exact in every language. */
export const count = (maximum: number = Number.MAX_SAFE_INTEGER) => Type.Integer({ minimum: 0, maximum });
export const positive = (maximum: number) => Type.Integer({ minimum: 1, maximum });
/** Epochs and cursors. */
export const opaque = Type.String({ minLength: 1, maxLength: 512 });
export const timestamp = Type.String({ format: "date-time", maxLength: 40 });
export const oneOf = <const V extends readonly string[]>(...values: V): TUnsafe<V[number]> =>
  Type.Unsafe<V[number]>({ type: "string", enum: [...values] });
/** Any JSON of at most `bytes`. */
export const json = (bytes: number): TUnsafe<unknown> => Type.Unsafe<unknown>({ maxJsonBytes: bytes });
export const anyJson: TUnsafe<unknown> = Type.Unsafe<unknown>({});
export const info = json(LIMITS.infoBytes);
export const shortText = (bytes: number): TUnsafe<string> =>
  Type.Unsafe<string>({ type: "string", maxUtf8Bytes: bytes, maxLength: bytes });
export const list = <T extends TSchema>(items: T, maxItems: number, minItems = 0) =>
  Type.Array(items, { minItems, maxItems });

const condition = Type.Object(
  { absent: optional(Type.Literal(true)), version: optional(count()) },
  { minProperties: 1, maxProperties: 1 },
);
const stateKey = name("stateKey");

export const StateOp = Type.Union([
  object({
    op: Type.Literal("set"),
    key: stateKey,
    value: anyJson,
    ttlMs: optional(positive(LIMITS.retainMs)),
    bind: optional(Type.Literal("session")),
    if: optional(condition),
  }),
  object({ op: Type.Literal("delete"), key: stateKey, if: optional(condition) }),
  object({
    op: Type.Literal("increment"),
    key: stateKey,
    by: Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
  }),
]);

export const Member = object({
  user: name("user"),
  name: optional(shortText(LIMITS.nameBytes)),
  info: optional(info),
  devices: positive(100_000),
  since: timestamp,
});

export const RosterDiff = object({
  room: name("room"),
  epoch: opaque,
  from: count(),
  to: count(),
  joined: optional(Type.Array(Member)),
  updated: optional(Type.Array(Member)),
  left: optional(Type.Array(name("user"))),
  count: count(),
});

export const Entry = object({
  key: stateKey,
  value: anyJson,
  version: count(),
  by: optional(name("user")),
  expiresAt: optional(timestamp),
  bound: optional(name("session")),
});

export const StateDiff = object({
  room: name("room"),
  epoch: opaque,
  from: count(),
  to: count(),
  set: optional(Type.Array(Entry)),
  deleted: optional(Type.Array(stateKey)),
});

export const UserPresence = object({
  user: name("user"),
  status: oneOf("active", "away", "busy", "offline"),
  info: optional(info),
  devices: optional(count()),
  epoch: optional(opaque),
  version: optional(count()),
});

export const Meta = object({
  id: Type.String({ minLength: 1, maxLength: 128 }),
  ts: timestamp,
  from: optional(object({ user: name("user"), session: name("session") })),
  re: optional(name("clientId")),
  room: optional(name("room")),
  seq: optional(count()),
  inbox: optional(object({ epoch: opaque, seq: count(), read: Type.Boolean() })),
  traceparent: optional(Type.String({ maxLength: 55 })),
});

export const EventTriple = Type.Unsafe<[string, unknown, unknown]>({
  type: "array",
  minItems: 3,
  maxItems: 3,
});

/** An error as acks, `session:fault`, connect errors and replies carry it. `code` is open: a receiver reads `retryable`. */
export const WireError = object({
  code: oneOf(...ERROR_CODES),
  message: Type.String(),
  retryable: Type.Boolean(),
  retryAfterMs: optional(count()),
  details: optional(Type.Unsafe<Record<string, unknown>>({ type: "object" })),
});

/** Those with a name of their own in documents. */
export const CORE_SHAPES = {
  Member,
  RosterDiff,
  Entry,
  StateDiff,
  StateOp,
  UserPresence,
  Meta,
  EventTriple,
  WireError,
};
