/** For tests and tools that run a replica in their own process. The service itself is `main.ts`. */

export { config } from "./config.ts";
export { type Presence, type PresenceOptions, startPresence } from "./presence.ts";
