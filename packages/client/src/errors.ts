/** What goes wrong, as one class with a code: the server's catalogue, and three codes of this side. */

import type { WireError, WireErrorCode } from "./wire.ts";

/**
 * `OFFLINE`: not connected, or the connection went before the answer. Of a request `details.sent` tells, here and with this
 * side's `TIMEOUT`, whether it was ever sent: then it may have taken effect, else it has not.
 * `CLOSED`: the room was left meanwhile. `TOKEN`: the app's `token()` or `grant()` failed (`cause`).
 */
export type ErrorCode = WireErrorCode | "OFFLINE" | "CLOSED" | "TOKEN";

export class RollcallError extends Error {
  declare readonly code: ErrorCode;
  /** Trying again with the same `id` may succeed. */
  declare readonly retryable: boolean;
  /** Trying sooner cannot. */
  declare readonly retryAfterMs?: number;
  /** `issues` of a validation; `op` and `version` of a `CONFLICT`; `trace` of an `INTERNAL`, to report. Never a value. */
  declare readonly details?: Record<string, unknown>;

  constructor(error: Partial<Omit<WireError, "code">> & { code: ErrorCode; cause?: unknown }) {
    super(error.code);
    Object.assign(this, { name: "RollcallError", retryable: false }, error);
  }
}

const passing = (code: ErrorCode, message: string, more?: object) =>
  new RollcallError({ code, message, retryable: true, ...more });

export const offline = (sent: boolean) => passing("OFFLINE", "not connected", { details: { sent } });

/** A transport that failed or closed, in its own words. */
export const lost = (message: string, cause: unknown) => passing("OFFLINE", message, { cause });

export const late = (ms: number, more?: object) => passing("TIMEOUT", `no answer within ${ms} ms`, more);

/** Asks the app for a token. Its failure is worth another try: token services come back. */
export async function tokenFrom(get: () => Promise<string> | string): Promise<string> {
  try {
    return await get();
  } catch (cause) {
    throw passing("TOKEN", "the app gave no token", { cause });
  }
}
