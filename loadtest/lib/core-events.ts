/** Events that the core sends; every other one must be declared by a contract. */
export const CORE_EVENTS: ReadonlySet<string> = new Set([
  "session:ready",
  "session:fault",
  "session:expiring",
  "session:health",
  "session:revoked",
  "server:drain",
  "room:roster",
  "room:occupancy",
  "room:state",
  "room:resync",
  "room:removed",
  "presence:changed",
  "presence:resync",
  "inbox:changed",
]);
