/**
 * The error catalogue: every code a client, backend or operator can meet, the same in acks, connect errors,
 * NATS replies, logs and metric labels.
 */

import type { WireError, WireErrorCode } from "./wire.ts";

interface ErrorEntry {
  retryable: boolean;
  message: string;
  /** Which answers may carry it. */
  where: string;
  /** What whoever meets it does. */
  remedy: string;
}

export const ERROR_CATALOGUE = {
  AUTH_REQUIRED: {
    retryable: false,
    message: "a token is required: pass it as auth.token",
    where: "connect",
    remedy: "Pass a token as `auth.token`.",
  },
  AUTH_INVALID: {
    retryable: false,
    message: "the token is not acceptable",
    where: "connect, `session:refresh`, `room:join` (grant)",
    remedy:
      "Mend the token: signature, issuer, audience, claims, or life (`exp - iat`). Trying again with it is of no use.",
  },
  AUTH_EXPIRED: {
    retryable: false,
    message: "the token has expired: fetch a new one",
    where: "connect, `session:refresh`, `room:join` (grant)",
    remedy: "Fetch a new token, and connect or refresh with it.",
  },
  AUTH_REVOKED: {
    retryable: false,
    message: "the token was revoked",
    where: "connect, `session:refresh`, `room:join`",
    remedy: "The user's tokens were revoked: sign in again, which gives a token issued later.",
  },
  FORBIDDEN: {
    retryable: false,
    message: "the token does not grant this",
    where: "connect (namespace), acks, requests",
    remedy: "Ask for a token whose `cap` or `ns` allows it; a bound state key belongs to somebody else.",
  },
  NAMESPACE_UNKNOWN: {
    retryable: false,
    message: "no contract declares this namespace",
    where: "connect, requests",
    remedy: "Connect where a contract file declares a namespace, or add the file.",
  },
  PROTOCOL_UNSUPPORTED: {
    retryable: false,
    message: "this protocol version is not supported",
    where: "connect",
    remedy: "Update the client, or the servers.",
  },
  EVENT_UNKNOWN: {
    retryable: false,
    message: "no contract declares this event",
    where: "acks, `emit`, `delivery.get`",
    remedy: "Declare the event in a contract file, or mend its name.",
  },
  ROOM_UNKNOWN: {
    retryable: false,
    message: "no contract declares this room here",
    where: "acks, requests",
    remedy: "Declare a pattern that matches the room; for a relay, in its `rooms`.",
  },
  PAYLOAD_INVALID: {
    retryable: false,
    message: "the payload does not match its schema",
    where: "connect (`auth`), acks, requests",
    remedy: "Mend what `details.issues` names by JSON pointer.",
  },
  PAYLOAD_TOO_LARGE: {
    retryable: false,
    message: "the payload is too large",
    where: "acks, requests",
    remedy: "Send less at once; see `docs/limits.md`.",
  },
  NOT_A_MEMBER: {
    retryable: false,
    message: "join the room first",
    where: "acks",
    remedy: "Join the room first; after a reconnect, join again.",
  },
  ROOM_FULL: {
    retryable: false,
    message: "the room has its maximum of members",
    where: "`room:join`",
    remedy: "Wait until somebody leaves, join with `observe`, or raise the contract's `maxMembers`.",
  },
  CONFLICT: {
    retryable: false,
    message: "the condition does not hold any more: read again",
    where: "`state:patch`, `inbox:ack`, requests",
    remedy: "Read again, decide again, send again under a new `id`.",
  },
  RATE_LIMITED: {
    retryable: true,
    message: "too many requests: wait as long as retryAfterMs says",
    where: "acks",
    remedy: "Wait `retryAfterMs`; see the event's `rate` and `docs/limits.md`.",
  },
  LIMIT_EXCEEDED: {
    retryable: false,
    message: "a limit is reached",
    where: "acks, requests",
    remedy: "Leave a room, unwatch a user or store less first: `message` or `details.limit` says what is full.",
  },
  OVERLOADED: {
    retryable: true,
    message: "the server is overloaded: try again later",
    where: "upgrade (503), acks, requests",
    remedy: "Back off and try again. For operators: look at the loop delay, and add replicas.",
  },
  DRAINING: {
    retryable: true,
    message: "the server is going away: connect again",
    where: "acks",
    remedy: "Connect again: another edge takes over.",
  },
  UNAVAILABLE: {
    retryable: true,
    message: "a part this needs is away: try again with the same id",
    where: "acks, requests",
    remedy: "Try again with the same `id`. For operators: `rollcall_dependency_up` says what is away.",
  },
  TIMEOUT: {
    retryable: true,
    message: "no answer in time; it may have taken effect: try again with the same id",
    where: "acks, requests",
    remedy: "Try again with the same `id`: it may have taken effect.",
  },
  INTERNAL: {
    retryable: false,
    message: "an unexpected error",
    where: "acks, requests",
    remedy:
      "Report its time and `details.trace`: of the line `inbound.failed` in the edge's log it is the `trace_id`, and `session` and `mid` (`meta.id`) are there too, for where `TRACE_TO_CLIENT` is off. Of a request over NATS the line is `rpc.failed`, with the trace of the `traceparent` it came with.",
  },
} as const satisfies Record<WireErrorCode, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
export const ERROR_CODES = Object.keys(ERROR_CATALOGUE) as readonly ErrorCode[];

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERROR_CATALOGUE, value);
}

/** One failed keyword of a validation: where (JSON pointer), which keyword, what it asks. Never the value. */
export interface Issue {
  pointer: string;
  keyword: string;
  message: string;
}

/** An error as it travels: in acks, `session:fault`, connect errors and NATS replies. */
export interface ErrorOptions {
  message?: string;
  retryAfterMs?: number;
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** The one error class that may reach a client. `cause` stays inside: `toWire` never carries it. */
export class RollcallError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(options.message ?? ERROR_CATALOGUE[code].message, { cause: options.cause });
    this.name = "RollcallError";
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
  }

  static invalid(issues: Issue[]): RollcallError {
    return new RollcallError("PAYLOAD_INVALID", { details: { issues } });
  }

  /** `retryAfterMs`: from when on it passes. Whole milliseconds, which the text repeats for who reads only that. */
  static limited(retryAfterMs: number): RollcallError {
    return new RollcallError("RATE_LIMITED", { message: `too many requests: wait ${retryAfterMs} ms`, retryAfterMs });
  }

  /** Anything thrown becomes a catalogue error; what is not ours is `INTERNAL` and tells nothing. */
  static from(error: unknown): RollcallError {
    return error instanceof RollcallError ? error : new RollcallError("INTERNAL", { cause: error });
  }

  static fromWire(wire: WireError): RollcallError {
    return new RollcallError(isErrorCode(wire.code) ? wire.code : "INTERNAL", {
      message: wire.message,
      ...(wire.retryAfterMs === undefined ? {} : { retryAfterMs: wire.retryAfterMs }),
      ...(wire.details === undefined ? {} : { details: wire.details }),
    });
  }

  toWire(): WireError {
    return {
      code: this.code,
      message: this.message,
      retryable: ERROR_CATALOGUE[this.code].retryable,
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}
