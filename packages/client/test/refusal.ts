/** A request that the model refuses. */

import type { WireError, WireErrorCode } from "../src/wire.ts";

const RETRYABLE = new Set<WireErrorCode>(["RATE_LIMITED", "OVERLOADED", "DRAINING", "UNAVAILABLE", "TIMEOUT"]);

export class Refusal extends Error {
  readonly wire: WireError;

  constructor(code: WireErrorCode, more: Partial<WireError> = {}) {
    super(code);
    this.wire = { code, message: code.toLowerCase(), retryable: RETRYABLE.has(code), ...more };
  }
}
