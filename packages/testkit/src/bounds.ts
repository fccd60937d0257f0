/**
 * The timing settings scaled down by about ten, relations kept, so that a test sees in two seconds what takes twenty.
 * What tests assert with them are conditions and orders, never these times.
 */

export const SCALED_BOUNDS = {
  PING_INTERVAL_MS: "600",
  PING_TIMEOUT_MS: "500",
  GRACE_MS: "1500",
  LEASE_MS: "900",
  LEASE_RENEW_MS: "300",
  SWEEP_MS: "50",
  BRAKE_MS: "3000",
  DIGEST_MS: "3000",
  RETRY_SLACK_MS: "250",
} as const;

/** Reconnect delays of a stock client on the same scale: else its first retry would take the whole scaled grace. */
export const SCALED_RECONNECT = { reconnectionDelay: 100, reconnectionDelayMax: 500 } as const;
