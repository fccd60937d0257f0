/**
 * The error catalogue: every code a client, backend or operator can meet, the same in acks, connect errors,
 * NATS replies, logs and metric labels.
 */

export const ERROR_CATALOGUE = {
  AUTH_REQUIRED: { retryable: false, message: "a token is required: pass it as auth.token" },
  AUTH_INVALID: { retryable: false, message: "the token is not acceptable" },
  AUTH_EXPIRED: { retryable: false, message: "the token has expired: fetch a new one" },
  AUTH_REVOKED: { retryable: false, message: "the token was revoked" },
  FORBIDDEN: { retryable: false, message: "the token does not grant this" },
  NAMESPACE_UNKNOWN: { retryable: false, message: "no contract declares this namespace" },
  PROTOCOL_UNSUPPORTED: { retryable: false, message: "this protocol version is not supported" },
  EVENT_UNKNOWN: { retryable: false, message: "no contract declares this event" },
  ROOM_UNKNOWN: { retryable: false, message: "no contract declares this room here" },
  PAYLOAD_INVALID: { retryable: false, message: "the payload does not match its schema" },
  PAYLOAD_TOO_LARGE: { retryable: false, message: "the payload is too large" },
  NOT_A_MEMBER: { retryable: false, message: "join the room first" },
  ROOM_FULL: { retryable: false, message: "the room has its maximum of members" },
  CONFLICT: { retryable: false, message: "the condition does not hold any more: read again" },
  RATE_LIMITED: { retryable: true, message: "too many requests: wait retryAfterMs" },
  LIMIT_EXCEEDED: { retryable: false, message: "a limit is reached" },
  OVERLOADED: { retryable: true, message: "the server is overloaded: try again later" },
  DRAINING: { retryable: true, message: "the server is going away: connect again" },
  UNAVAILABLE: { retryable: true, message: "a part this needs is away: try again with the same id" },
  TIMEOUT: { retryable: true, message: "no answer in time; it may have taken effect: try again with the same id" },
  INTERNAL: { retryable: false, message: "an unexpected error" },
} as const satisfies Record<string, { retryable: boolean; message: string }>;

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
export interface WireError {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
  details?: Record<string, unknown>;
}

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
