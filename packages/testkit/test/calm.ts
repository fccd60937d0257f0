/** Settings of an edge for tests in which nobody may be lost because the machine is slow. */

export const CALM = { PING_INTERVAL_MS: "6000", PING_TIMEOUT_MS: "20000", GRACE_MS: "30000" } as const;
