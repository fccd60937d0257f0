/**
 * The timing settings scaled down by about four, relations kept, so that a test sees in two seconds what takes twenty.
 * What tests assert with them are conditions and orders, never these times.
 */

export const SCALED_BOUNDS = {
  PING_INTERVAL_MS: "1000",
  PING_TIMEOUT_MS: "1500",
  GRACE_MS: "3000",
  LEASE_MS: "1800",
  LEASE_RENEW_MS: "600",
  SWEEP_MS: "50",
  BRAKE_MS: "3000",
  DIGEST_MS: "3000",
  RETRY_SLACK_MS: "500",
} as const;

/** Reconnect delays of a stock client on the same scale: else its first retry would take the whole scaled grace. */
export const SCALED_RECONNECT = { reconnectionDelay: 100, reconnectionDelayMax: 500 } as const;
