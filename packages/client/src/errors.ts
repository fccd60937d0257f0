/** What goes wrong, as one class with a code: the server's catalogue, and three codes of this side. */

import type { WireError, WireErrorCode } from "./wire.ts";

/**
 * `OFFLINE`: not connected, or the connection went before the answer (`details.sent` tells: it may have taken effect).
 * `CLOSED`: the client or room was closed. `TOKEN`: the app's `token()` or `grant()` threw (`cause`).
 */
export type ErrorCode = WireErrorCode | "OFFLINE" | "CLOSED" | "TOKEN";

export class RollcallError extends Error {
  readonly code: ErrorCode;
  /** Trying again with the same `id` may succeed. */
  readonly retryable: boolean;
  /** Trying sooner cannot. */
  readonly retryAfterMs: number | undefined;
  /** `issues` of a validation; `op` and `version` of a `CONFLICT`. Never a value. */
  readonly details: Record<string, unknown> | undefined;

  constructor(error: Partial<Omit<WireError, "code">> & { code: ErrorCode }, cause?: unknown) {
    super(error.message ?? error.code, cause === undefined ? undefined : { cause });
    this.name = "RollcallError";
    this.code = error.code;
    this.retryable = error.retryable ?? false;
    this.retryAfterMs = error.retryAfterMs;
    this.details = error.details;
  }
}

export const offline = (sent: boolean) =>
  new RollcallError({ code: "OFFLINE", message: "not connected", retryable: true, details: { sent } });

export const closed = (what: string) => new RollcallError({ code: "CLOSED", message: `the ${what} was closed` });

/** What an app's callback threw, as ours. Worth another try: token services come back. */
export const tokenFailed = (cause: unknown) =>
  new RollcallError({ code: "TOKEN", message: "the app's token function failed", retryable: true }, cause);
